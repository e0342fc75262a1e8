import { t } from '@lingui/core/macro';
import { PageHeading } from '../ui/PageHeading';
import classes from './Credentials.module.css';
import { GoOn, LinkResult, type LinkWords, UNREACHABLE } from './LinkResult';
import { useMailToken } from './mail-link';

const titleOfPage = (): string => t`New address`;

const WORDS: LinkWords = {
  good: {
    get heading() {
      return t`Your new address is confirmed`;
    },
    get lead() {
      return t`From now on you log in with it, and our mails go there.`;
    },
  },
  used: {
    get heading() {
      return t`This link has done its work`;
    },
    get lead() {
      return t`It was used before, so the new address is confirmed. There is nothing more to do.`;
    },
  },
  expired: {
    get heading() {
      return t`This link does not work any more`;
    },
    get lead() {
      return t`It is too old, or a newer mail has taken its place. Your address has not changed.`;
    },
  },
  taken: {
    get heading() {
      return t`This address has another account by now`;
    },
    get lead() {
      return t`So it cannot become yours. Your address has not changed.`;
    },
  },
  unreachable: UNREACHABLE,
};

/** Where the mail to a new address leads. */
export function ConfirmEmail() {
  const token = useMailToken();
  if (token !== undefined) {
    return (
      <LinkResult
        key={token}
        token={token}
        title={titleOfPage()}
        words={WORDS}
        renew={{ to: '/account', label: t`To your account` }}
      />
    );
  }
  return (
    <>
      <PageHeading
        title={titleOfPage()}
        heading={t`This link is not complete`}
        lead={t`Open it from the mail once more, or copy all of it into the address bar.`}
      />
      <div className={classes.form}>
        <GoOn />
      </div>
    </>
  );
}
