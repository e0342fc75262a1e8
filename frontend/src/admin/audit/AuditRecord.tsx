import { useLingui } from '@lingui/react';
import { useLingui as useWords } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { ActorBody, AuditRecordBody } from '../../generated';
import classes from '../Admin.module.css';
import { AUDIT_ACTIONS } from './audit-words';

/** What was done, in words where they are known, with what exactly and why. */
export function AuditAction({ record }: { record: AuditRecordBody }) {
  const { _ } = useLingui();
  const { t } = useWords();
  const { action, subject, reason } = record;
  const words = AUDIT_ACTIONS[action];
  return (
    <div className={classes.stack}>
      <span>{words ? _(words) : action}</span>
      {subject && (
        <small className={classes.code} dir="auto">
          {subject}
        </small>
      )}
      {reason && <small dir="auto">{t`Reason: ${reason}`}</small>}
    </div>
  );
}

/** Whom something was done to. */
export function AuditPerson({ record }: { record: AuditRecordBody }) {
  const { t } = useWords();
  const { user_id, user_email } = record;
  if (user_id === null) return t`Nobody known`;
  return user_email === null ? (
    <span>{t`Account that is gone`}</span>
  ) : (
    <Link to={`/admin/people/${user_id}`} dir="ltr">
      {user_email}
    </Link>
  );
}

/** Who did something. */
export function AuditActor({ actor }: { actor: ActorBody }) {
  const { t } = useWords();
  if (actor.kind === 'command_line') return t`Command line`;
  if (actor.kind === 'person') return t`The person`;
  return actor.email ?? t`Admin whose account is gone`;
}
