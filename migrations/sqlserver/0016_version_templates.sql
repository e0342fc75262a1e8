-- What a person's onboarding is an instance of. Empty where an instance of an earlier version made it: then it is version
-- 1 of the template that is built in. Adding the columns touches no row.
ALTER TABLE dbo.onboarding ADD template NVARCHAR(32) NULL;
ALTER TABLE dbo.onboarding ADD template_version INT NULL;
-- What the person has reached in percent, where that is more than the steps say.
ALTER TABLE dbo.onboarding ADD progress_floor SMALLINT NULL;

-- Answers to what is asked no more: a JSON object by where they were given. Empty where there are none.
ALTER TABLE dbo.onboarding_steps ADD set_aside NVARCHAR(MAX) NULL;

-- The texts of all templates that instances have brought, so that each of them can serve people on any.
CREATE TABLE dbo.onboarding_templates (
    template      NVARCHAR(32)  NOT NULL,
    version       INT           NOT NULL,
    source        NVARCHAR(MAX) NOT NULL,
    first_seen_at DATETIME2(3)  NOT NULL,
    CONSTRAINT pk_onboarding_templates PRIMARY KEY CLUSTERED (template, version)
);
