import { useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { unwrap } from '../../api';
import { failureOf } from '../../api/words';
import type { ClusterBody } from '../../generated';
import { CardSkeleton } from '../../ui/AppSkeleton';
import { Callout } from '../../ui/Callout';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Admin.module.css';
import { showCluster } from '../api';
import { Failed } from '../Failed';
import { ChoiceFilter } from '../Filter';
import { useFilters } from '../useFilters';
import { BalancerCard } from './BalancerCard';
import own from './Cluster.module.css';
import { InstanceCard } from './InstanceCard';
import { balancerName, instancesOf } from './model';

const EVERY_MS = 5_000;
const DEFAULT_MINUTES = '15';

/** Balancers and instances as they are now, and as they were over the last minutes. */
export function Cluster() {
  const { t } = useLingui();
  const { values, set } = useFilters(['minutes'] as const);
  const minutes = values.minutes || DEFAULT_MINUTES;
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'cluster', minutes],
    queryFn: ({ signal }) => unwrap(showCluster({ query: { minutes: Number(minutes) }, signal })),
    refetchInterval: EVERY_MS,
    staleTime: 0,
    // Another span of time is no reason to show nothing.
    placeholderData: keepPreviousData,
  });
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <PageHeading
          title={t`Cluster`}
          heading={t`Cluster`}
          lead={t`Balancers and instances, as they say themselves. It is asked every 5 seconds.`}
        />
        <ChoiceFilter
          label={t`Over the last`}
          value={minutes}
          onChange={(chosen) => set({ minutes: chosen === DEFAULT_MINUTES ? '' : chosen })}
          options={[
            ['5', t`5 minutes`],
            ['15', t`15 minutes`],
            ['60', t`hour`],
          ]}
        />
      </div>
      {!data && !error && <CardSkeleton />}
      {error && !data && <Failed error={error} onRetry={refetch} />}
      {data && <Freshness data={data} error={error} />}
      {data && (data.configured ? <Known data={data} /> : <NotConfigured />)}
    </div>
  );
}

/** When this was so; and that it is old, where no answer comes any more. */
function Freshness({ data, error }: { data: ClusterBody; error: Error | null }) {
  const { t } = useLingui();
  const at = new Intl.DateTimeFormat(navigator.language, { timeStyle: 'medium' }).format(
    new Date(data.as_of),
  );
  if (!error) return <p className={classes.soft}>{t`Last update: ${at}`}</p>;
  return (
    <Callout tone="note" title={t`This is as it was at ${at}.`}>
      {failureOf(error)?.words ?? t`The service does not answer.`}
    </Callout>
  );
}

function NotConfigured() {
  const { t } = useLingui();
  return (
    <Callout tone="note" title={t`The backend knows no balancer.`}>
      {t`Set LB_ADMIN_URLS to the addresses of the balancers' admin ports, such as http://load-balancer:8081, and start the backends again.`}
    </Callout>
  );
}

function Known({ data }: { data: ClusterBody }) {
  const { t } = useLingui();
  const instances = instancesOf(data);
  return (
    <>
      <section className={classes.page} aria-labelledby="cluster-balancers">
        <h2 id="cluster-balancers">{t`Balancers`}</h2>
        {data.balancers.map((balancer) => (
          <BalancerCard key={balancerName(balancer)} balancer={balancer} />
        ))}
      </section>
      <section className={classes.page} aria-labelledby="cluster-instances">
        <h2 id="cluster-instances">{t`Instances`}</h2>
        {instances.length === 0 && <p className={classes.soft}>{t`No balancer has named an instance.`}</p>}
        <ul className={own.instances}>
          {instances.map((instance) => (
            <InstanceCard key={instance.address} instance={instance} />
          ))}
        </ul>
      </section>
    </>
  );
}
