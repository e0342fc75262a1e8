import { t } from '@lingui/core/macro';
import { Skeleton } from '@mantine/core';
import type { OrganizationBody } from '../../generated';
import { PageHeading } from '../../ui/PageHeading';
import account from '../account/Account.module.css';
import { Section } from '../account/Section';
import { OutOfReach } from '../OutOfReach';
import { About } from './About';
import { Domains } from './Domains';
import { Invitations } from './Invitations';
import { InviteForm } from './InviteForm';
import { Leave } from './Leave';
import { Members } from './Members';
import { NoOrganization } from './NoOrganization';
import { useOrganization } from './useOrganization';

/** All about the organization: who belongs to it, who is invited, what it is called and by which domain it is found. */
export function Organization() {
  const { data, error, refetch } = useOrganization();
  return (
    <div className={account.page}>
      <PageHeading
        title={t`Organization`}
        heading={t`Your organization`}
        lead={data ? roleWords(data) : undefined}
      />
      <div className={account.card}>
        {error && data === undefined && <OutOfReach error={error} onRetry={refetch} />}
        {data === undefined && !error && <Skeleton height={320} my="xl" />}
        {data === null && <NoOrganization />}
        {data && <Sections organization={data} />}
      </div>
    </div>
  );
}

function roleWords({ name, role }: OrganizationBody): string {
  return role === 'owner' ? t`You are an owner of ${name}.` : t`You are a member of ${name}.`;
}

function Sections({ organization }: { organization: OrganizationBody }) {
  return (
    <>
      <Section title={t`Invite colleagues`} lead={t`They get a mail with a link, for their address alone.`}>
        <InviteForm />
        <Invitations />
      </Section>
      <Section title={t`Members`} lead={t`Owners change roles, invite owners and claim domains.`}>
        <Members />
      </Section>
      <Section title={t`About it`} lead={t`What members see of it.`}>
        <About organization={organization} />
      </Section>
      <Section
        title={t`Domains`}
        lead={t`Whoever has a confirmed address at a domain of yours can join without an invitation.`}
      >
        <Domains />
      </Section>
      <Section title={t`Leave`} lead={t`Your account stays. The last owner passes the ownership on first.`}>
        <Leave name={organization.name} />
      </Section>
    </>
  );
}
