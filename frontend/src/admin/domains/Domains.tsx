import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { unwrap } from '../../api';
import type { DomainClaimBody } from '../../generated';
import { CardSkeleton } from '../../ui/AppSkeleton';
import { Callout } from '../../ui/Callout';
import { formatMoment } from '../../ui/format';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Admin.module.css';
import { approveDomain, listDomainClaims, refuseDomain } from '../api';
import { Failed } from '../Failed';
import { ReasonDialog } from '../ReasonDialog';
import own from './Domains.module.css';

interface Decision {
  claim: DomainClaimBody;
  approve: boolean;
}

/** Mail domains that organizations have claimed: each is approved or refused. */
export function Domains() {
  const { t } = useLingui();
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'domain-claims'],
    queryFn: ({ signal }) => unwrap(listDomainClaims({ signal })),
  });
  const [asked, setAsked] = useState<Decision>();
  const [done, setDone] = useState<Decision>();
  return (
    <div className={classes.page}>
      <PageHeading
        title={t`Domains`}
        heading={t`Mail domains`}
        lead={t`Whoever has a verified address at an approved domain may join its organization without an invitation.`}
      />
      {done && (
        <Callout
          tone="good"
          action={
            done.approve && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => setAsked({ ...done, approve: false })}
              >
                {t`Take it back …`}
              </Button>
            )
          }
        >
          {done.approve
            ? t`${done.claim.domain} belongs to ${done.claim.organization_name} now.`
            : t`${done.claim.domain} was refused to ${done.claim.organization_name}.`}
        </Callout>
      )}
      {!data && !error && <CardSkeleton />}
      {error && !data && <Failed error={error} onRetry={refetch} />}
      {data && (
        <div className={classes.card}>
          <h2>{t`Claims that wait`}</h2>
          {data.items.length === 0 && <p className={classes.empty}>{t`No claim waits.`}</p>}
          <ul className={own.claims}>
            {data.items.map((claim) => (
              <Claim key={`${claim.organization_id} ${claim.domain}`} claim={claim} onDecide={setAsked} />
            ))}
          </ul>
        </div>
      )}
      {asked && (
        <DecisionDialog
          decision={asked}
          onDone={() => {
            setDone(asked);
            setAsked(undefined);
            void refetch();
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

function Claim({ claim, onDecide }: { claim: DomainClaimBody; onDecide: (decision: Decision) => void }) {
  const { t } = useLingui();
  const { domain, organization_name, claimed_at, claimed_by } = claim;
  return (
    <li className={own.claim}>
      <div className={classes.stack}>
        <strong dir="ltr">{domain}</strong>
        <span dir="auto">{organization_name}</span>
        <small>
          {t`claimed ${formatMoment(claimed_at)}`} ·{' '}
          <Link to={`/admin/people/${claimed_by}`}>{t`by its owner`}</Link>
        </small>
      </div>
      <div className={classes.ways}>
        <Button
          size="sm"
          aria-label={t`Approve ${domain} for ${organization_name}`}
          onClick={() => onDecide({ claim, approve: true })}
        >
          {t`Approve …`}
        </Button>
        <Button
          size="sm"
          variant="default"
          aria-label={t`Refuse ${domain} to ${organization_name}`}
          onClick={() => onDecide({ claim, approve: false })}
        >
          {t`Refuse …`}
        </Button>
      </div>
    </li>
  );
}

interface DecisionDialogProps {
  decision: Decision;
  onDone: () => void;
  onClose: () => void;
}

function DecisionDialog({ decision: { claim, approve }, onDone, onClose }: DecisionDialogProps) {
  const { t } = useLingui();
  const { domain, organization_id, organization_name } = claim;
  const call = approve ? approveDomain : refuseDomain;
  return (
    <ReasonDialog
      title={approve ? t`Approve ${domain}?` : t`Refuse ${domain}?`}
      lead={
        approve
          ? t`${organization_name} offers itself to everybody with a verified address at ${domain} from then on. You can take it back; whoever has joined stays.`
          : t`${organization_name} does not get ${domain}. Its owner may claim it again.`
      }
      confirm={approve ? t`Approve it` : t`Refuse it`}
      danger={!approve}
      send={(reason) => unwrap(call({ path: { id: organization_id, domain }, body: { reason } }))}
      onDone={onDone}
      onClose={onClose}
    />
  );
}
