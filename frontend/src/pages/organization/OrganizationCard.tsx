import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { OrganizationBody } from '../../generated';
import { useWizard } from '../../onboarding/WizardProvider';
import { membersQuery } from '../../organization/queries';
import { OutOfReach } from '../OutOfReach';
import classes from './Dashboard.module.css';
import { Invitations } from './Invitations';
import { InviteForm } from './InviteForm';
import { Offers } from './Offers';
import { useOrganization } from './useOrganization';

/** As many invitations as the overview shows. */
const NEWEST = 3;

/** The organization on the overview: who is there, who is invited, and one more colleague. */
export function OrganizationCard() {
  const { data, error, refetch } = useOrganization();
  return (
    <section className={classes.card} aria-labelledby="organization">
      <div className={classes.head}>
        <h2 id="organization">{data ? <bdi>{data.name}</bdi> : <Trans>Your organization</Trans>}</h2>
        <Link to="/organization">{data ? t`Members and more` : t`Join or make one`}</Link>
      </div>
      {error && data === undefined && <OutOfReach error={error} onRetry={refetch} />}
      {data === undefined && !error && <Skeleton height={180} />}
      {data === null && (
        <>
          <p>
            <Trans>You do not belong to an organization yet.</Trans>
          </p>
          <Offers />
        </>
      )}
      {data && <Colleagues organization={data} />}
    </section>
  );
}

function Colleagues({ organization }: { organization: OrganizationBody }) {
  const { user } = useWizard();
  const { data, hasNextPage } = useInfiniteQuery(membersQuery(user.id));
  const count = data?.pages.reduce((sum, { items }) => sum + items.length, 0);
  const members = count === undefined ? '' : plural(count, { one: '# member', other: '# members' });
  const role = organization.role === 'owner' ? t`You are an owner.` : t`You are a member.`;
  return (
    <>
      <p className={classes.facts}>
        {hasNextPage ? t`More than ${members}` : members} · {role}
      </p>
      <InviteForm />
      <Invitations most={NEWEST} />
    </>
  );
}
