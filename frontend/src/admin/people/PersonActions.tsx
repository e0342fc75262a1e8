import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { unwrap } from '../../api';
import type { WholeAccountBody } from '../../generated';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { useFailure } from '../../ui/useFailure';
import classes from '../Admin.module.css';
import { endSessions, restoreUser, sendReset, suspendUser } from '../api';
import { ReasonDialog } from '../ReasonDialog';

type Action = 'suspend' | 'restore' | 'reset' | 'end';

interface ActionWords {
  button: string;
  title: string;
  lead: string;
  confirm: string;
  done: string;
}

const CALLS = { suspend: suspendUser, restore: restoreUser, reset: sendReset, end: endSessions };
/** What takes an action back. What mails or ended sessions have done stays done. */
const UNDO: Partial<Record<Action, Action>> = { suspend: 'restore', restore: 'suspend' };

interface PersonActionsProps {
  person: WholeAccountBody;
  /** The account is another now. */
  onChanged: () => void;
}

/** What an admin may do to an account: each is asked for once more, and what can be taken back can be at once. */
export function PersonActions({ person, onChanged }: PersonActionsProps) {
  const { t } = useLingui();
  const words = useActionWords(person.full_name);
  const [asked, setAsked] = useState<Action>();
  const [done, setDone] = useState<{ action: Action; reason: string; undone?: boolean }>();
  const { failure, fail, say } = useFailure();
  const [busy, setBusy] = useState(false);
  const call = (action: Action, reason: string): Promise<unknown> =>
    unwrap(CALLS[action]({ path: { id: person.id }, body: { reason } }));
  const finish = (action: Action, reason: string, undone = false): void => {
    setAsked(undefined);
    setDone({ action, reason, undone });
    onChanged();
  };
  const undo = async (undoing: Action, reason: string): Promise<void> => {
    setBusy(true);
    say(undefined);
    try {
      const why = t`Taken back: ${reason}`.slice(0, 500);
      await call(undoing, why);
      finish(undoing, why, true);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  const undoing = done && !done.undone && UNDO[done.action];
  const offered: Action[] = [person.suspended_at ? 'restore' : 'suspend', 'reset', 'end'];
  return (
    <>
      <div className={classes.ways}>
        {offered.map((action) => (
          <Button
            key={action}
            size="sm"
            variant={action === 'suspend' ? 'outline' : 'default'}
            {...(action === 'suspend' ? { color: 'red' } : {})}
            onClick={() => setAsked(action)}
          >
            {words[action].button}
          </Button>
        ))}
      </div>
      <FailureNote failure={failure} />
      {done && (
        <Callout
          tone="good"
          action={
            undoing && (
              <Button
                size="compact-sm"
                variant="default"
                loading={busy}
                onClick={() => void undo(undoing, done.reason)}
              >
                {t`Undo`}
              </Button>
            )
          }
        >
          {words[done.action].done}
        </Callout>
      )}
      {asked && (
        <ReasonDialog
          title={words[asked].title}
          lead={words[asked].lead}
          confirm={words[asked].confirm}
          danger={asked === 'suspend'}
          send={(reason) => call(asked, reason)}
          onDone={(reason) => finish(asked, reason)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

function useActionWords(name: string): Record<Action, ActionWords> {
  const { t } = useLingui();
  return {
    suspend: {
      button: t`Suspend …`,
      title: t`Suspend ${name}?`,
      lead: t`All sessions end at once, and nobody can log in until you restore the account. You can take it back; the sessions stay ended.`,
      confirm: t`Suspend the account`,
      done: t`The account is suspended, and its sessions have ended.`,
    },
    restore: {
      button: t`Restore …`,
      title: t`Restore ${name}?`,
      lead: t`The account can be used again, after a new log-in.`,
      confirm: t`Restore the account`,
      done: t`The account can be used again.`,
    },
    reset: {
      button: t`Send a reset link …`,
      title: t`Send ${name} a link for a new password?`,
      lead: t`The link goes to the address of the account. A mail cannot be taken back; the password stays as it is until the link is used.`,
      confirm: t`Send the link`,
      done: t`The link is on its way.`,
    },
    end: {
      button: t`End all sessions …`,
      title: t`End all sessions of ${name}?`,
      lead: t`Every device has to log in again. This cannot be taken back.`,
      confirm: t`End the sessions`,
      done: t`All sessions have ended.`,
    },
  };
}
