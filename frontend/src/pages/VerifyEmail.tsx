import { Navigate } from 'react-router';
import { useStore } from '../app/store';
import { session } from '../session/session';
import { PageHeading } from '../ui/PageHeading';
import { GoOn, LinkResult, type LinkWords, UNREACHABLE } from './LinkResult';
import { useMailToken } from './mail-link';
import classes from './Credentials.module.css';
import { VerifyByCode } from './VerifyByCode';

const TITLE = 'Confirm your address';

const CONFIRMED = {
  heading: 'Your address is confirmed',
  lead: 'Mails from us reach you, and only you can get back into your account by them.',
};

const WORDS: LinkWords = {
  good: CONFIRMED,
  used: {
    heading: 'This link has done its work',
    lead: 'It was used before, so your address is confirmed. There is nothing more to do.',
  },
  expired: {
    heading: 'This link does not work any more',
    lead: 'It is too old, or a newer mail has taken its place. We can send you a new one.',
  },
  taken: {
    heading: 'This address has another account by now',
    lead: 'So it cannot become yours.',
  },
  unreachable: UNREACHABLE,
};

/** Where the mail after signing up leads, by its link or to type in its digits. */
export function VerifyEmail() {
  const token = useMailToken();
  const state = useStore(session);
  if (token !== undefined) {
    const renew = { to: '/verify-email', label: 'Get a new mail' };
    return <LinkResult key={token} token={token} title={TITLE} words={WORDS} renew={renew} />;
  }
  if (state.phase === 'restoring') return <PageHeading title={TITLE} heading="One moment" />;
  if (state.phase === 'guest') return <Navigate to="/log-in" replace state={{ from: '/verify-email' }} />;
  if (!state.user.email_verified) return <VerifyByCode user={state.user} title={TITLE} />;
  return (
    <>
      <PageHeading key="confirmed" title={TITLE} {...CONFIRMED} />
      <div className={classes.form}>
        <GoOn />
      </div>
    </>
  );
}
