import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import '@mantine/core/styles/InlineInput.css';
import '@mantine/core/styles/Checkbox.css';

import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { ApiError } from '../../api/problem';
import type { AskedFactorBody } from '../../generated';
import { logInFurther } from '../../session/account';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Credentials.module.css';
import { FactorForm } from './FactorForm';

const TEXT = {
  title: msg`Log in`,
  heading: msg`One more proof`,
  lead: msg`Your password is right. Now show that it is you who has it.`,
  remember: msg`Remember this device for 30 days`,
  rememberHint: msg`Not on a device that others use.`,
  submit: msg`Log in`,
  back: msg`Use another account`,
};

interface SecondFactorProps {
  asked: AskedFactorBody;
  /** The log-in begins anew: by choice, or since too much time has passed. */
  onOver: (expired: boolean) => void;
  /** The person is logged in. */
  onDone?: () => void;
}

/** The second step of a log-in. */
export function SecondFactor({ asked, onOver, onDone }: SecondFactorProps) {
  const { t } = useLingui();
  const [remember, setRemember] = useState(false);
  return (
    <>
      <PageHeading title={t(TEXT.title)} heading={t(TEXT.heading)} lead={t(TEXT.lead)} />
      <div className={classes.form}>
        <FactorForm
          factors={asked.factors}
          submit={t(TEXT.submit)}
          send={async (proof) => {
            try {
              await logInFurther({ ...proof, challenge: asked.challenge, remember_device: remember });
              onDone?.();
            } catch (error) {
              if (!(error instanceof ApiError) || error.code !== 'challenge_expired') throw error;
              onOver(true);
            }
          }}
        >
          <Checkbox
            label={t(TEXT.remember)}
            description={t(TEXT.rememberHint)}
            checked={remember}
            onChange={(event) => setRemember(event.currentTarget.checked)}
          />
        </FactorForm>
      </div>
      <p className={classes.other}>
        <button type="button" className={classes.link} onClick={() => onOver(false)}>
          {t(TEXT.back)}
        </button>
      </p>
    </>
  );
}
