import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { MemberBody } from '../../generated';
import { useWizard } from '../../onboarding/WizardProvider';
import { membersQuery } from '../../organization/queries';
import { OutOfReach } from '../OutOfReach';
import { MemberDialog } from './MemberDialog';
import classes from './Organization.module.css';
import { useOrganization } from './useOrganization';

/** Who belongs to the organization. Owners change what each of them may do. */
export function Members() {
  const { user } = useWizard();
  const { isOwner } = useOrganization();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    membersQuery(user.id),
  );
  const [chosen, setChosen] = useState<MemberBody>();
  const members = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={112} />}
      <ul className={classes.list} aria-label={t`Members`}>
        {members.map((member) => (
          <li key={member.user_id} className={classes.item}>
            <p className={classes.who}>
              <strong dir="auto">{member.full_name}</strong>
              <span dir="auto">{member.email}</span>
            </p>
            <span className={classes.mark} data-tone={member.role === 'owner' ? 'good' : undefined}>
              {member.role === 'owner' ? t`Owner` : t`Member`}
            </span>
            {member.user_id === user.id && (
              <span className={classes.mark}>
                <Trans>You</Trans>
              </span>
            )}
            {isOwner && member.user_id !== user.id && (
              <Button
                size="xs"
                variant="default"
                aria-label={t`Change what ${member.full_name} may do`}
                onClick={() => setChosen(member)}
              >
                <Trans>Change</Trans>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          <Trans>Show more</Trans>
        </Button>
      )}
      {chosen && <MemberDialog member={chosen} onClose={() => setChosen(undefined)} />}
    </>
  );
}
