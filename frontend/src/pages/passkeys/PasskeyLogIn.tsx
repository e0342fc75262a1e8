import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useEffect, useEffectEvent } from 'react';
import { logInBy, offerPasskeys, type Signed, signByPasskey } from '../../passkeys/ceremonies';
import { wordsOfUse } from '../../passkeys/words';
import classes from '../Credentials.module.css';
import { FailureNote } from '../../ui/FailureNote';
import { useAction } from '../../ui/useAction';

interface PasskeyLogInProps {
  /** Another way to log in is under way, so that none of these is offered. */
  isBusy: boolean;
}

/** Logs in by a passkey: by a button, and among the suggestions of the field for the address. */
export function PasskeyLogIn({ isBusy }: PasskeyLogInProps) {
  const { t } = useLingui();
  const { busy, failure, run } = useAction(wordsOfUse);
  const onSigned = useEffectEvent((signed: Signed) => void run('suggestion', () => logInBy(signed)));
  const isIdle = !isBusy && busy === undefined;
  useEffect(() => (isIdle ? offerPasskeys(onSigned) : undefined), [isIdle]);
  return (
    <>
      <FailureNote failure={failure} />
      <Button
        variant="default"
        size="lg"
        fullWidth
        classNames={{ label: classes.wrapping ?? '' }}
        leftSection={<IconKey size={20} stroke={1.75} aria-hidden />}
        loading={busy !== undefined}
        disabled={isBusy}
        onClick={() => void run('button', async () => logInBy(await signByPasskey()))}
      >
        {t`Log in with a passkey`}
      </Button>
    </>
  );
}
