import type { AuditRecordBody, WholeAccountBody } from '../../generated';

/** Something that happened to an account. */
export type Happening =
  | { kind: 'audit'; id: string; at: string; record: AuditRecordBody }
  | {
      kind: 'session';
      id: string;
      at: string;
      what: 'begun' | 'used';
      device: string;
      address: string | null;
    }
  | { kind: 'onboarding'; id: string; at: string; what: 'step' | 'activated' | 'completed'; step?: string }
  | { kind: 'account'; id: string; at: string; what: 'registered' | 'suspended' };

export type HappeningKind = Happening['kind'];

/** Sessions, onboarding and audit log as one line of time, the newest first. */
export function timeLine(person: WholeAccountBody): Happening[] {
  return [...ofAccount(person), ...ofSessions(person), ...ofOnboarding(person), ...ofAudit(person)].toSorted(
    (a, b) => Date.parse(b.at) - Date.parse(a.at),
  );
}

function ofAccount({ created_at, suspended_at }: WholeAccountBody): Happening[] {
  const registered: Happening = { kind: 'account', id: 'registered', at: created_at, what: 'registered' };
  if (!suspended_at) return [registered];
  return [registered, { kind: 'account', id: 'suspended', at: suspended_at, what: 'suspended' }];
}

function ofSessions({ sessions }: WholeAccountBody): Happening[] {
  return sessions.flatMap(({ id, device, address, created_at, last_used_at }) => {
    const session = { kind: 'session', device, address } as const;
    const begun: Happening = { ...session, id: `begun-${id}`, at: created_at, what: 'begun' };
    const used: Happening = { ...session, id: `used-${id}`, at: last_used_at, what: 'used' };
    return last_used_at === created_at ? [begun] : [begun, used];
  });
}

function ofOnboarding({ onboarding }: WholeAccountBody): Happening[] {
  if (!onboarding) return [];
  const steps = onboarding.steps.flatMap(({ key, title, completed_at }): Happening[] =>
    completed_at
      ? [{ kind: 'onboarding', id: `step-${key}`, at: completed_at, what: 'step', step: title }]
      : [],
  );
  const { activated_at, completed_at } = onboarding;
  const milestones: Happening[] = [];
  if (activated_at)
    milestones.push({ kind: 'onboarding', id: 'activated', at: activated_at, what: 'activated' });
  if (completed_at && completed_at !== activated_at) {
    milestones.push({ kind: 'onboarding', id: 'completed', at: completed_at, what: 'completed' });
  }
  return [...steps, ...milestones];
}

function ofAudit({ audit }: WholeAccountBody): Happening[] {
  return audit.map((record) => ({ kind: 'audit', id: `audit-${record.id}`, at: record.at, record }));
}
