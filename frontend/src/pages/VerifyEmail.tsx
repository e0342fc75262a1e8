import { t } from '@lingui/core/macro';
import { Navigate } from 'react-router';
import { useStore } from '../app/useStore';
import { session } from '../session/session';
import { PageHeading } from '../ui/PageHeading';
import { GoOn, LinkResult, type LinkWords, UNREACHABLE } from './LinkResult';
import { useMailToken } from './mail-link';
import classes from './Credentials.module.css';
import { VerifyByCode } from './VerifyByCode';

const titleOfPage = (): string => t`Confirm your address`;

const CONFIRMED = {
  get heading() {
    return t`Your address is confirmed`;
  },
  get lead() {
    return t`Mails from us reach you, and only you can get back into your account by them.`;
  },
};

const WORDS: LinkWords = {
  good: CONFIRMED,
  used: {
    get heading() {
      return t`This link has done its work`;
    },
    get lead() {
      return t`It was used before, so your address is confirmed. There is nothing more to do.`;
    },
  },
  expired: {
    get heading() {
      return t`This link does not work any more`;
    },
    get lead() {
      return t`It is too old, or a newer mail has taken its place. We can send you a new one.`;
    },
  },
  taken: {
    get heading() {
      return t`This address has another account by now`;
    },
    get lead() {
      return t`So it cannot become yours.`;
    },
  },
  unreachable: UNREACHABLE,
};

/** Where the mail after signing up leads, by its link or to type in its digits. */
export function VerifyEmail() {
  const token = useMailToken();
  const state = useStore(session);
  if (token !== undefined) {
    const renew = { to: '/verify-email', label: t`Get a new mail` };
    return <LinkResult key={token} token={token} title={titleOfPage()} words={WORDS} renew={renew} />;
  }
  if (state.phase === 'restoring') return <PageHeading title={titleOfPage()} heading={t`One moment`} />;
  if (state.phase === 'guest') return <Navigate to="/log-in" replace state={{ from: '/verify-email' }} />;
  if (!state.user.email_verified) return <VerifyByCode user={state.user} title={titleOfPage()} />;
  return (
    <>
      <PageHeading key="confirmed" title={titleOfPage()} {...CONFIRMED} />
      <div className={classes.form}>
        <GoOn />
      </div>
    </>
  );
}
