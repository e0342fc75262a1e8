import { Link } from 'react-router';
import type { User } from '../api/types';
import { Callout } from '../ui/Callout';
import classes from './VerifyReminder.module.css';

/** On the overview, until the address is confirmed. */
export function VerifyReminder({ user }: { user: User }) {
  if (user.email_verified) return null;
  return (
    <div className={classes.reminder}>
      <Callout tone="note" title="Your address is not confirmed yet">
        Without that, we cannot be sure that our mails to {user.email} reach you.{' '}
        <Link to="/verify-email" state={{ from: '/' }}>
          Confirm it now
        </Link>
      </Callout>
    </div>
  );
}
