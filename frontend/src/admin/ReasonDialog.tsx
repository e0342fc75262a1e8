import { Button, TextInput } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { useFailure } from '../ui/useFailure';
import classes from './Admin.module.css';

const LONGEST_REASON = 500;

interface ReasonDialogProps {
  title: string;
  /** What will happen, and whether it can be taken back. */
  lead: ReactNode;
  /** What the button says. */
  confirm: string;
  danger?: boolean;
  /** A reason to begin with. */
  reason?: string;
  send: (reason: string) => Promise<unknown>;
  onDone: (reason: string) => void;
  onClose: () => void;
}

/** Asks whether something is meant, and why: the reason is kept in the audit log. */
export function ReasonDialog({
  title,
  lead,
  confirm,
  danger,
  send,
  onDone,
  onClose,
  ...props
}: ReasonDialogProps) {
  const { t } = useLingui();
  const [reason, setReason] = useState(props.reason ?? '');
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const why = reason.trim();
    setMissing(why === '');
    if (why === '' || busy) return;
    setBusy(true);
    say(undefined);
    try {
      await send(why);
      onDone(why);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} lead={lead} onClose={onClose}>
      <form className={classes.page} onSubmit={(event) => void submit(event)} noValidate>
        <FailureNote failure={failure} />
        <TextInput
          label={t`Why?`}
          description={t`Kept in the audit log, with your name.`}
          required
          withAsterisk={false}
          maxLength={LONGEST_REASON}
          autoComplete="off"
          value={reason}
          error={missing && t`Say why, in a few words.`}
          onChange={(event) => {
            setReason(event.currentTarget.value);
            setMissing(false);
          }}
        />
        <div className={classes.ways}>
          <Button type="submit" loading={busy} {...(danger ? { color: 'red' } : {})}>
            {confirm}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t`Cancel`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
