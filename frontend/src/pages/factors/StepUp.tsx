import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useStore } from '../../app/useStore';
import type { StepUpRequest } from '../../generated';
import { proveAnew } from '../../session/account';
import type { AskedProof } from '../../session/proof';
import { session } from '../../session/session';
import { Dialog } from '../../ui/Dialog';
import { FactorForm } from './FactorForm';

const TEXT = {
  title: msg`Is it you?`,
  lead: msg`What you are about to do matters, so please show once more that it is you. Then it goes on by itself.`,
  submit: msg`Go on`,
  cancel: msg`Cancel`,
};

/** Asks for the proof that a sensitive call needs. The call goes on where it is given. */
export function StepUp({ asked }: { asked: AskedProof }) {
  const { t } = useLingui();
  const { phase } = useStore(session);
  const { needed, answer } = asked;
  const prove = async (proof: StepUpRequest): Promise<void> => {
    await proveAnew(proof);
    answer(true);
  };
  // Whoever has been logged out meanwhile has nothing to prove here.
  useEffect(() => {
    if (phase === 'guest') answer(false);
  }, [phase, answer]);
  return (
    <Dialog title={t(TEXT.title)} lead={t(TEXT.lead)} onClose={() => answer(false)}>
      <FactorForm
        factors={needed.factors}
        submit={t(TEXT.submit)}
        eager
        send={prove}
        sendPasskey={(passkey) => prove({ passkey })}
        beside={
          <Button variant="default" type="button" onClick={() => answer(false)}>
            {t(TEXT.cancel)}
          </Button>
        }
      />
    </Dialog>
  );
}
