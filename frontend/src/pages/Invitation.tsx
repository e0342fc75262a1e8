import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useStore } from '../app/useStore';
import { session } from '../session/session';
import { PageHeading } from '../ui/PageHeading';
import classes from './Credentials.module.css';
import { AcceptInvitation } from './AcceptInvitation';
import { GoOn, UNREACHABLE } from './LinkResult';
import { useMailToken } from './mail-link';
import { SignUpInvited } from './SignUpInvited';
import { useInvitation } from './useInvitation';

const titleOfPage = (): string => t`Invitation`;

const WORDS = {
  used: {
    get heading() {
      return t`This invitation has done its work`;
    },
    get lead() {
      return t`It was accepted before.`;
    },
  },
  expired: {
    get heading() {
      return t`This invitation does not work any more`;
    },
    get lead() {
      return t`It is too old, was taken back, or a newer mail has taken its place. Ask whoever invited you for another one.`;
    },
  },
  unreachable: UNREACHABLE,
};

/** Where the mail with an invitation leads, whoever is here. */
export function Invitation() {
  const token = useMailToken();
  if (token === undefined) return <PageHeading title={titleOfPage()} {...WORDS.expired} />;
  return <Received key={token} token={token} />;
}

function Received({ token }: { token: string }) {
  const { state, retry } = useInvitation(token);
  const who = useStore(session);
  if (state.phase === 'asking' || (state.phase === 'open' && who.phase === 'restoring')) {
    return (
      <PageHeading title={titleOfPage()} heading={t`One moment`} lead={t`We are looking at your link.`} />
    );
  }
  if (state.phase === 'open') {
    const { invitation } = state;
    if (who.phase === 'person')
      return <AcceptInvitation token={token} invitation={invitation} user={who.user} />;
    return <SignUpInvited token={token} invitation={invitation} />;
  }
  return (
    <>
      <PageHeading key={state.phase} title={titleOfPage()} {...WORDS[state.phase]} />
      <div className={classes.form}>
        {state.phase === 'unreachable' && (
          <Button size="lg" onClick={retry}>
            <Trans>Try again</Trans>
          </Button>
        )}
        {state.phase !== 'unreachable' && <GoOn />}
      </div>
    </>
  );
}
