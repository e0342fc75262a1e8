import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { User } from '../api/types';
import { Callout } from '../ui/Callout';
import classes from './VerifyReminder.module.css';

/** On the overview, until the address is confirmed. */
export function VerifyReminder({ user }: { user: User }) {
  const { t } = useLingui();
  if (user.email_verified) return null;
  return (
    <div className={classes.reminder}>
      <Callout tone="note" title={t`Your address is not confirmed yet`}>
        <Trans>
          Without that, we cannot be sure that our mails to {user.email} reach you.{' '}
          <Link to="/verify-email" state={{ from: '/' }}>
            Confirm it now
          </Link>
        </Trans>
      </Callout>
    </div>
  );
}
