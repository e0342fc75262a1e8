import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { unwrap } from '../api';
import { ApiError } from '../api/problem';
import { verifyEmail } from '../generated';
import { refreshPerson } from '../session/account';
import { CodeBoxes, codeOf, NO_CODE } from '../ui/CodeBoxes';
import { FailureNote } from '../ui/FailureNote';
import { focusFirstError } from '../ui/focus';
import { useFailure } from '../ui/useFailure';
import classes from './Credentials.module.css';

/** The digits of a mail. They are sent as soon as there are six. */
export function CodeForm({ onDone }: { onDone?: () => void }) {
  const [value, setValue] = useState(NO_CODE);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const formRef = useRef<HTMLFormElement>(null);

  const refuse = (words: string): void => {
    setError(words);
    focusFirstError(formRef.current);
  };
  const send = async (code: string): Promise<void> => {
    if (busy) return;
    setBusy(true);
    say(undefined);
    try {
      await unwrap(verifyEmail({ body: { code } }));
      await refreshPerson();
      onDone?.();
    } catch (refusal) {
      const words = refusalOf(refusal);
      if (words === undefined) return fail(refusal);
      // What is wrong is not corrected digit by digit.
      setValue(NO_CODE);
      refuse(words);
    } finally {
      setBusy(false);
    }
  };
  const change = (next: string[]): void => {
    setValue(next);
    setError(undefined);
    const code = codeOf(next);
    if (code !== undefined) void send(code);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const code = codeOf(value);
    if (code === undefined) refuse(t`Enter all six digits of the mail.`);
    else void send(code);
  };
  return (
    <form ref={formRef} className={classes.code} onSubmit={onSubmit} noValidate>
      <FailureNote failure={failure} />
      <CodeBoxes legend={t`The six digits`} value={value} onChange={change} error={error} />
      <Button type="submit" size="lg" fullWidth loading={busy}>
        <Trans>Confirm</Trans>
      </Button>
    </form>
  );
}

function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  switch (error.code) {
    case 'invalid_code':
      return t`These are not the digits of the newest mail. Check them, and try again.`;
    case 'token_expired':
      return t`These digits do not work any more. Have the mail sent again for new ones.`;
    case 'token_used':
      return t`These digits were used before. Have the mail sent again if your address is not confirmed yet.`;
    case 'email_taken':
      return t`This address has another account by now. Use another one.`;
    default:
      return undefined;
  }
}
