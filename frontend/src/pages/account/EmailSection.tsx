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
  const [step, setStep] = useState<'shown' | 'asking' | 'changed' | Sent>('shown');
  return (
    <Section title="E-mail" lead="You log in with it, and our mails go there.">
      <p>
        <strong dir="auto">{user.email}</strong>{' '}
        {user.email_verified ? (
          <span className={classes.here}>Confirmed</span>
        ) : (
          <Link to="/verify-email" state={{ from: '/account' }}>
            Confirm it now
          </Link>
        )}
      </p>
      {step === 'changed' && <Callout tone="good">Your new address is confirmed.</Callout>}
      {(step === 'shown' || step === 'changed') && (
        <div className={classes.ways}>
          <Button variant="default" onClick={() => setStep('asking')}>
            Change the address
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
        We sent six digits to <strong dir="auto">{sent.email}</strong>. Until they are here, your address
        stays as it is.
      </p>
      <FailureNote failure={resend.failure} />
      <CodeForm onDone={onDone} />
      <div className={classes.ways}>
        <ResendButton {...resend} />
      </div>
    </>
  );
}
