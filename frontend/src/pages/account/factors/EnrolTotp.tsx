import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { lazy, Suspense, useRef, useState } from 'react';
import { unwrap } from '../../../api';
import { ApiError } from '../../../api/problem';
import { confirmTotp, type TotpEnrolmentBody } from '../../../generated';
import { renewNow } from '../../../session/account';
import { CopyButton } from '../../../ui/CopyButton';
import { Callout } from '../../../ui/Callout';
import { FactorForm } from '../../factors/FactorForm';
import classes from './Factors.module.css';

const QrCode = lazy(async () => ({ default: (await import('../../../ui/QrCode')).QrCode }));

const TEXT = {
  scan: msg`Scan this with an authenticator app, such as the one that keeps your passwords.`,
  code: msg`QR code for the authenticator app`,
  typed: msg`No camera? Type this key into the app:`,
  onPhone: msg`On this phone? Open it in the app`,
  enter: msg`Then enter the six digits that it shows.`,
  submit: msg`Switch it on`,
  cancel: msg`Cancel`,
  over: msg`This key has waited for too long. Begin again for a new one.`,
};

interface EnrolTotpProps {
  enrolment: TotpEnrolmentBody;
  onDone: (codes: readonly string[]) => void;
  onCancel: () => void;
}

/** The secret for the app, and the first code of it. */
export function EnrolTotp({ enrolment: { secret, uri }, onDone, onCancel }: EnrolTotpProps) {
  const { t } = useLingui();
  const shown = useRef<HTMLElement>(null);
  const [isOver, setOver] = useState(false);
  const cancel = (
    <Button variant="default" type="button" onClick={onCancel}>
      {t(TEXT.cancel)}
    </Button>
  );
  if (isOver) {
    return (
      <Callout tone="note" action={cancel}>
        {t(TEXT.over)}
      </Callout>
    );
  }
  return (
    <>
      <div className={classes.enrolment}>
        <div className={classes.picture}>
          <Suspense fallback={<Skeleton height="100%" />}>
            <QrCode text={uri} label={t(TEXT.code)} />
          </Suspense>
        </div>
        <div className={classes.words}>
          <p>{t(TEXT.scan)}</p>
          <p>{t(TEXT.typed)}</p>
          <code ref={shown} className={classes.secret} dir="ltr">
            {secret.match(/.{1,4}/g)?.join(' ')}
          </code>
          <div className={classes.ways}>
            <CopyButton text={secret} shownIn={shown} size="xs" />
            <a href={uri}>{t(TEXT.onPhone)}</a>
          </div>
        </div>
      </div>
      <p>{t(TEXT.enter)}</p>
      <FactorForm
        factors={['totp']}
        submit={t(TEXT.submit)}
        eager
        beside={cancel}
        send={async (proof) => {
          try {
            const { recovery_codes } = await unwrap(confirmTotp({ body: { code: '', ...proof } }));
            // This session has proved both factors by that; its token is to say so.
            await renewNow();
            onDone(recovery_codes);
          } catch (error) {
            if (!(error instanceof ApiError) || error.code !== 'not_enrolling') throw error;
            setOver(true);
          }
        }}
      />
    </>
  );
}
