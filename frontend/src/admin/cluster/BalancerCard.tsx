import { useLingui } from '@lingui/react/macro';
import type { ClusterBody } from '../../generated';
import classes from '../Admin.module.css';
import { Badge } from '../Badge';
import { lasting } from '../funnel/numbers';
import { State } from '../State';
import { Charts } from './Charts';
import { BALANCER_STATES } from './cluster-words';
import own from './Cluster.module.css';
import { balancerName, linesOfBalancer, total } from './model';
import { Silence } from './Silence';

/** One balancer: how it is, and all that it has answered. */
export function BalancerCard({ balancer }: { balancer: ClusterBody['balancers'][number] }) {
  const { t, i18n } = useLingui();
  const { status, error, url } = balancer;
  const lines = linesOfBalancer(balancer);
  const requests = lines && i18n.number(total(lines.requests));
  const errors = lines && i18n.number(total(lines.errors));
  return (
    <article className={classes.card}>
      <div className={own.title}>
        <h3 dir="ltr">{balancerName(balancer)}</h3>
        {status && <State of={status.status} states={BALANCER_STATES} />}
        {status?.draining && <Badge tone="note">{t`About to end`}</Badge>}
        {!status && <Badge tone="bad">{t`No answer`}</Badge>}
      </div>
      <p className={classes.soft}>
        {status
          ? t`Version ${status.version}, up for ${lasting(status.uptime_seconds, i18n.locale)}; connections from clients: ${status.client_connections}, to instances: ${status.upstream_connections}.`
          : t`Configured as ${url}`}
        {requests && ` ${t`Requests: ${requests}, of these answered with an error (5xx): ${errors}.`}`}
      </p>
      <Silence of={error} />
      {lines && <Charts lines={lines} />}
    </article>
  );
}
