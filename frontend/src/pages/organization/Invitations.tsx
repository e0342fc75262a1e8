import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { unwrap } from '../../api';
import { type InvitationBody, resendInvitation, revokeInvitation } from '../../generated';
import { useWizard } from '../../onboarding/WizardProvider';
import { invitationsQuery } from '../../organization/queries';
import { FailureNote } from '../../ui/FailureNote';
import { formatDay } from '../../ui/format';
import { localeOf } from '../onboarding/preferences';
import { OutOfReach } from '../OutOfReach';
import classes from './Organization.module.css';
import { useChange } from './useOrganization';

/** Whoever was invited, and what came of it. `most` shows no more than the newest so many. */
export function Invitations({ most }: { most?: number }) {
  const { user } = useWizard();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    invitationsQuery(user.id),
  );
  const { busy, failure, change } = useChange();
  const all = data?.pages.flatMap(({ items }) => items) ?? [];
  const shown = all.slice(0, most);
  return (
    <>
      <FailureNote failure={failure} />
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={56} />}
      {data && all.length === 0 && (
        <p className={classes.none}>
          <Trans>Nobody is invited so far.</Trans>
        </p>
      )}
      {shown.length > 0 && (
        <ul className={classes.list} aria-label={t`Invitations`}>
          {shown.map((invitation) => (
            <Item
              key={invitation.id}
              invitation={invitation}
              busy={busy}
              onResend={() =>
                void change(`again ${invitation.id}`, () =>
                  unwrap(resendInvitation({ path: { id: invitation.id } })),
                )
              }
              onWithdraw={() =>
                void change(`off ${invitation.id}`, () =>
                  unwrap(revokeInvitation({ path: { id: invitation.id } })),
                )
              }
            />
          ))}
        </ul>
      )}
      {most === undefined && hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
      {most !== undefined && all.length > most && (
        <p className={classes.none}>
          {plural(all.length - most, { one: '# more invitation', other: '# more invitations' })}
        </p>
      )}
    </>
  );
}

interface ItemProps {
  invitation: InvitationBody;
  busy: string | undefined;
  onResend: () => void;
  onWithdraw: () => void;
}

function Item({ invitation: { id, email, state, expires_at }, busy, onResend, onWithdraw }: ItemProps) {
  const { state: onboarding } = useWizard();
  const day = formatDay(expires_at, localeOf(onboarding));
  const isOpen = state === 'pending' || state === 'expired';
  return (
    <li className={classes.item}>
      <p className={classes.who}>
        <strong dir="auto">{email}</strong>
        <span>{stateWords(state, day)}</span>
      </p>
      {isOpen ? (
        <div className={classes.ways}>
          <Button
            size="xs"
            variant="default"
            loading={busy === `again ${id}`}
            aria-label={t`Send again: ${email}`}
            onClick={onResend}
          >
            <Trans>Send again</Trans>
          </Button>
          {state === 'pending' && (
            <Button
              size="xs"
              variant="default"
              loading={busy === `off ${id}`}
              aria-label={t`Withdraw: ${email}`}
              onClick={onWithdraw}
            >
              <Trans>Withdraw</Trans>
            </Button>
          )}
        </div>
      ) : (
        <span className={classes.mark} data-tone={state === 'accepted' ? 'good' : undefined}>
          {state === 'accepted' ? t`Joined` : t`Withdrawn`}
        </span>
      )}
    </li>
  );
}

function stateWords(state: string, day: string): string {
  switch (state) {
    case 'pending':
      return t`Invited. The link works until ${day}`;
    case 'expired':
      return t`Expired on ${day}`;
    case 'accepted':
      return t`Has accepted the invitation`;
    default:
      return t`The link does not work any more`;
  }
}
