import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { User } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { FailureNote } from '../../ui/FailureNote';
import { ResendButton } from '../../ui/ResendButton';
import { ChangeAddress } from '../ChangeAddress';
import { CodeForm } from '../CodeForm';
import { useResend } from '../useResend';
import classes from './Account.module.css';
import { Section } from './Section';

const PAUSE_S = 60;

interface Sent {
  email: string;
  again: () => Promise<unknown>;
}

/** The address, whether it is confirmed, and the way to another one. */
export function EmailSection({ user }: { user: User }) {
  const { t } = useLingui();
  const [step, setStep] = useState<'shown' | 'asking' | 'changed' | Sent>('shown');
  return (
    <Section title={t`E-mail`} lead={t`You log in with it, and our mails go there.`}>
      <p>
        <strong dir="auto">{user.email}</strong>{' '}
        {user.email_verified ? (
          <span className={classes.here}>
            <Trans>Confirmed</Trans>
          </span>
        ) : (
          <Link to="/verify-email" state={{ from: '/account' }}>
            <Trans>Confirm it now</Trans>
          </Link>
        )}
      </p>
      {step === 'changed' && (
        <Callout tone="good">
          <Trans>Your new address is confirmed.</Trans>
        </Callout>
      )}
      {(step === 'shown' || step === 'changed') && (
        <div className={classes.ways}>
          <Button variant="default" onClick={() => setStep('asking')}>
            <Trans>Change the address</Trans>
          </Button>
        </div>
      )}
      {step === 'asking' && <ChangeAddress onSent={setStep} onCancel={() => setStep('shown')} />}
      {typeof step === 'object' && <Digits sent={step} onDone={() => setStep('changed')} />}
    </Section>
  );
}

function Digits({ sent, onDone }: { sent: Sent; onDone: () => void }) {
  const resend = useResend(sent.again, PAUSE_S);
  return (
    <>
      <p>
        <Trans>
          We sent six digits to <strong dir="auto">{sent.email}</strong>. Until they are here, your address
          stays as it is.
        </Trans>
      </p>
      <FailureNote failure={resend.failure} />
      <CodeForm onDone={onDone} />
      <div className={classes.ways}>
        <ResendButton {...resend} />
      </div>
    </>
  );
}
