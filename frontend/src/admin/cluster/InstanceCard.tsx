import { useLingui } from '@lingui/react/macro';
import classes from '../Admin.module.css';
import { Badge } from '../Badge';
import { lasting } from '../funnel/numbers';
import { State } from '../State';
import { Charts } from './Charts';
import { INSTANCE_STATES, SERVER_STATES } from './cluster-words';
import own from './Cluster.module.css';
import { type InstanceView, total } from './model';
import { Silence } from './Silence';

/** One instance: what the balancers say of it, what it says itself, and what it has answered. */
export function InstanceCard({ instance }: { instance: InstanceView }) {
  const { t } = useLingui();
  const { name, address, states, lines, self } = instance;
  const severalBalancers = states.length > 1;
  return (
    <li className={classes.card}>
      <div className={own.title}>
        <h3 dir="ltr">{name}</h3>
        {self.health ? (
          <State of={self.health.status} states={INSTANCE_STATES} />
        ) : (
          <Badge tone="bad">{t`No answer`}</Badge>
        )}
      </div>
      <ul className={own.states}>
        {states.map(({ balancer, server }) => (
          <li key={balancer}>
            <State of={server.state} states={SERVER_STATES} />{' '}
            {severalBalancers && <span className={classes.soft}>{t`at ${balancer}`}</span>}
            {server.last_check_error && <small className={classes.code}>{server.last_check_error}</small>}
          </li>
        ))}
      </ul>
      <Silence of={self.error} />
      <Figures instance={instance} />
      {lines && <Charts lines={lines} small />}
      <p className={classes.soft} dir="ltr">
        {address}
        {lines && total(lines.requests) === 0 && <span dir="auto"> · {t`no request in this time`}</span>}
      </p>
    </li>
  );
}

function Figures({ instance: { self, lines, inFlight } }: { instance: InstanceView }) {
  const { t, i18n } = useLingui();
  const { health, hashes_waiting } = self;
  const pool = health?.database.pool;
  const latency = health && i18n.number(health.database.latency_ms, { maximumFractionDigits: 1 });
  const figures: Array<readonly [string, string, boolean?]> = [
    [t`In flight`, i18n.number(inFlight)],
    ...(lines
      ? ([
          [t`Requests`, i18n.number(total(lines.requests))],
          [t`Errors`, i18n.number(total(lines.errors)), total(lines.errors) > 0],
        ] as const)
      : []),
    ...(health && pool
      ? ([
          [
            t`Database`,
            health.database.status === 'up' ? t`${latency} ms` : t`away`,
            health.database.status !== 'up',
          ],
          [t`Pool`, t`${pool.in_use} of ${pool.max} in use`],
          [t`Wait for the pool`, i18n.number(pool.waiting), pool.waiting > 0],
          [t`Up for`, lasting(health.uptime_seconds, i18n.locale)],
          [t`Version`, health.version],
        ] as const)
      : []),
    ...(hashes_waiting === null
      ? []
      : ([[t`Passwords to hash`, i18n.number(hashes_waiting), hashes_waiting > 0]] as const)),
  ];
  return (
    <dl className={own.figures}>
      {figures.map(([name, value, isBad]) => (
        <div key={name} data-bad={isBad || undefined}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
