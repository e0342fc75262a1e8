import { Trans, useLingui } from '@lingui/react/macro';
import '@mantine/core/styles/Divider.css';

import { Button, Divider } from '@mantine/core';
import { useEffect, useState } from 'react';
import { type Failure, failureOf } from '../api/words';
import { leaveFor, type Provider, providers } from '../session/provider';
import { FailureNote } from '../ui/FailureNote';

/** The providers that people can log in by. Where there are none, nothing. */
export function ProviderButtons() {
  const { t } = useLingui();
  const [known, setKnown] = useState<Provider[]>([]);
  const [leaving, setLeaving] = useState<string>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    void providers().then(setKnown);
  }, []);
  if (known.length === 0) return null;
  const leave = async (name: string) => {
    setLeaving(name);
    setFailure(undefined);
    try {
      await leaveFor(name);
    } catch (error) {
      setFailure(failureOf(error));
      setLeaving(undefined);
    }
  };
  return (
    <>
      <Divider label={t`or`} />
      <FailureNote failure={failure} />
      {known.map(({ name, label }) => (
        <Button
          key={name}
          variant="default"
          size="lg"
          fullWidth
          loading={leaving === name}
          onClick={() => void leave(name)}
        >
          <Trans>Log in with {label}</Trans>
        </Button>
      ))}
    </>
  );
}
