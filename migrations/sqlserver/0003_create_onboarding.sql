CREATE TABLE dbo.onboarding (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    user_id      UNIQUEIDENTIFIER NOT NULL,
    -- Grows by one with each change: the ETag of the state.
    version      BIGINT           NOT NULL,
    completed_at DATETIME2(3)     NULL,
    created_at   DATETIME2(3)     NOT NULL,
    updated_at   DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_onboarding PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_onboarding_user_id UNIQUE NONCLUSTERED (user_id),
    CONSTRAINT fk_onboarding_users FOREIGN KEY (user_id) REFERENCES dbo.users (id) ON DELETE CASCADE
);

-- Only the steps that a person has touched.
CREATE TABLE dbo.onboarding_steps (
    seq          BIGINT           NOT NULL IDENTITY (1, 1),
    user_id      UNIQUEIDENTIFIER NOT NULL,
    step         NVARCHAR(32)     NOT NULL,
    status       NVARCHAR(20)     NOT NULL,
    -- A JSON object that the client owns.
    data         NVARCHAR(MAX)    NOT NULL,
    completed_at DATETIME2(3)     NULL,
    updated_at   DATETIME2(3)     NOT NULL,
    CONSTRAINT pk_onboarding_steps PRIMARY KEY CLUSTERED (seq),
    CONSTRAINT uq_onboarding_steps_user_id_step UNIQUE NONCLUSTERED (user_id, step),
    CONSTRAINT fk_onboarding_steps_onboarding FOREIGN KEY (user_id)
        REFERENCES dbo.onboarding (user_id) ON DELETE CASCADE,
    CONSTRAINT ck_onboarding_steps_status CHECK (status IN (N'in_progress', N'completed', N'skipped'))
);
