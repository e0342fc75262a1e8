import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useStore } from '../app/useStore';
import { session } from '../session/session';
import { PageHeading } from '../ui/PageHeading';
import classes from './Credentials.module.css';
import { type LinkOutcome, useLink } from './useLink';

interface Words {
  heading: string;
  lead: string;
}

export type LinkWords = Record<Exclude<LinkOutcome, 'asking'>, Words>;

interface LinkResultProps {
  token: string;
  title: string;
  words: LinkWords;
  /** Where a link that does not work any more is replaced by a new one. */
  renew: { to: string; label: string };
}

/** Hands in the link of a mail, and says what came of it. */
export function LinkResult({ token, title, words, renew }: LinkResultProps) {
  const { outcome, retry } = useLink(token);
  if (outcome === 'asking') {
    return <PageHeading title={title} heading={t`One moment`} lead={t`We are looking at your link.`} />;
  }
  const { heading, lead } = words[outcome];
  const over = outcome === 'expired' || outcome === 'taken';
  return (
    <>
      {/* A heading of its own for each outcome, which takes the focus and is read out. */}
      <PageHeading key={outcome} title={title} heading={heading} lead={lead} />
      <div className={classes.form}>
        {outcome === 'unreachable' && (
          <Button size="lg" onClick={retry}>
            <Trans>Try again</Trans>
          </Button>
        )}
        {over && (
          <Button component={Link} to={renew.to} size="lg">
            {renew.label}
          </Button>
        )}
        {!over && outcome !== 'unreachable' && <GoOn />}
      </div>
    </>
  );
}

export const UNREACHABLE: Words = {
  get heading() {
    return t`We could not reach the service`;
  },
  get lead() {
    return t`Your link is still good. Please try again in a moment.`;
  },
};

/** The way on, for whoever is here: into the page, or to the log-in. */
export function GoOn() {
  const { phase } = useStore(session);
  return phase === 'person' ? (
    <Button component={Link} to="/" size="lg">
      <Trans>Continue</Trans>
    </Button>
  ) : (
    <Button component={Link} to="/log-in" size="lg">
      <Trans>Log in</Trans>
    </Button>
  );
}
