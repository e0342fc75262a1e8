import { PageHeading } from '../ui/PageHeading';
import classes from './Credentials.module.css';
import { GoOn, LinkResult, type LinkWords, UNREACHABLE } from './LinkResult';
import { useMailToken } from './mail-link';

const TITLE = 'New address';

const WORDS: LinkWords = {
  good: {
    heading: 'Your new address is confirmed',
    lead: 'From now on you log in with it, and our mails go there.',
  },
  used: {
    heading: 'This link has done its work',
    lead: 'It was used before, so the new address is confirmed. There is nothing more to do.',
  },
  expired: {
    heading: 'This link does not work any more',
    lead: 'It is too old, or a newer mail has taken its place. Your address has not changed.',
  },
  taken: {
    heading: 'This address has another account by now',
    lead: 'So it cannot become yours. Your address has not changed.',
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
        title={TITLE}
        words={WORDS}
        renew={{ to: '/account', label: 'To your account' }}
      />
    );
  }
  return (
    <>
      <PageHeading
        title={TITLE}
        heading="This link is not complete"
        lead="Open it from the mail once more, or copy all of it into the address bar."
      />
      <div className={classes.form}>
        <GoOn />
      </div>
    </>
  );
}
