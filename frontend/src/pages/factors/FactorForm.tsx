import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import type { PasskeyProof } from '../../generated';
import { CodeBoxes, codeOf, NO_CODE } from '../../ui/CodeBoxes';
import { FailureNote } from '../../ui/FailureNote';
import { focusFirstError } from '../../ui/focus';
import { PasswordField } from '../../ui/PasswordField';
import classes from '../Credentials.module.css';
import { type Proof, proofOf, type Way, waysOf } from './proofs';
import { useProving } from './useProving';

const TEXT = {
  legend: msg`The six digits of your authenticator app`,
  label: { recovery_code: msg`Recovery code`, password: msg`Your password` },
  missing: {
    totp: msg`Enter all six digits.`,
    recovery_code: msg`A recovery code has 24 letters and digits.`,
    password: msg`Enter your password.`,
  },
  wrong: {
    totp: msg`These digits are not right, or were used before. Wait for the next ones, and try again.`,
    recovery_code: msg`This recovery code is not right, or was used before.`,
    password: msg`This is not your password.`,
  },
  passkey: msg`Your device asks who you are: by your fingerprint, your face or a PIN.`,
  other: {
    passkey: msg`Use a passkey`,
    totp: msg`Use the authenticator app`,
    recovery_code: msg`Use a recovery code`,
    password: msg`Use the password`,
  },
};

interface FactorFormProps {
  /** What the service takes. */
  factors: readonly string[];
  submit: string;
  send: (proof: Proof) => Promise<unknown>;
  /** Where a passkey does as well. */
  sendPasskey?: (proof: PasskeyProof) => Promise<unknown>;
  /** Digits are sent as soon as there are six: nothing else is to be filled in. */
  eager?: boolean;
  /** More to fill in. */
  children?: ReactNode;
  /** Another way out, beside the button. */
  beside?: ReactNode;
}

/** Proves who is here: by a passkey, by a code of the authenticator app, by a recovery code or by the password. */
export function FactorForm({
  factors,
  submit,
  send,
  sendPasskey,
  eager = false,
  children,
  beside,
}: FactorFormProps) {
  const { t } = useLingui();
  const ways = waysOf(factors, sendPasskey !== undefined);
  const [way, setWay] = useState<Way>(ways[0] ?? 'password');
  const [digits, setDigits] = useState(NO_CODE);
  const [text, setText] = useState('');
  const [error, setError] = useState<string>();
  const formRef = useRef<HTMLFormElement>(null);

  const refuse = (words: string): void => {
    setError(words);
    focusFirstError(formRef.current);
  };
  const { busy, failure, say, hand, sign } = useProving({
    send,
    sendPasskey,
    onWrong: () => {
      if (way !== 'passkey') refuse(t(TEXT.wrong[way]));
    },
    // What is wrong is not corrected digit by digit.
    onRefused: () => setDigits(NO_CODE),
  });
  const onDigits = (next: string[]): void => {
    setDigits(next);
    setError(undefined);
    const code = eager ? codeOf(next) : undefined;
    if (code !== undefined) void hand({ code });
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (way === 'passkey') return void sign();
    const proof = proofOf(way, way === 'totp' ? digits.join('') : text);
    if (proof) void hand(proof);
    else refuse(t(TEXT.missing[way]));
    return undefined;
  };
  const turnTo = (next: Way): void => {
    setWay(next);
    setText('');
    setDigits(NO_CODE);
    setError(undefined);
    say(undefined);
  };
  const input = {
    value: text,
    error,
    required: true,
    withAsterisk: false,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
      setText(event.currentTarget.value);
      setError(undefined);
    },
  };
  return (
    <form ref={formRef} className={classes.code} onSubmit={onSubmit} noValidate>
      <FailureNote failure={failure} />
      {way === 'passkey' && <p>{t(TEXT.passkey)}</p>}
      {way === 'totp' && (
        <CodeBoxes legend={t(TEXT.legend)} value={digits} onChange={onDigits} error={error} />
      )}
      {way === 'recovery_code' && (
        <TextInput label={t(TEXT.label[way])} autoComplete="off" spellCheck={false} {...input} />
      )}
      {way === 'password' && (
        <PasswordField label={t(TEXT.label[way])} autoComplete="current-password" {...input} />
      )}
      {children}
      <div className={classes.ways}>
        <Button type="submit" loading={busy}>
          {submit}
        </Button>
        {beside}
        {ways
          .filter((other) => other !== way)
          .map((other) => (
            <Button key={other} variant="subtle" type="button" onClick={() => turnTo(other)}>
              {t(TEXT.other[other])}
            </Button>
          ))}
      </div>
    </form>
  );
}
