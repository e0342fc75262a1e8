import { useLingui } from '@lingui/react/macro';
import type { SessionInfoBody } from '../../generated';
import { formatMoment } from '../../ui/format';
import classes from '../Admin.module.css';
import own from './Person.module.css';

/** Where the person is logged in now. */
export function PersonSessions({ sessions }: { sessions: SessionInfoBody[] }) {
  const { t } = useLingui();
  return (
    <section className={classes.card} aria-labelledby="person-sessions">
      <h2 id="person-sessions">{t`Live sessions`}</h2>
      {sessions.length === 0 && <p className={classes.soft}>{t`Logged in nowhere.`}</p>}
      <ul className={own.list}>
        {sessions.map(({ id, device, address, last_used_at }) => (
          <li key={id} className={own.item}>
            <span dir="auto">{device}</span>
            <span className={classes.soft}>
              {address
                ? t`last used ${formatMoment(last_used_at)}, from ${address}`
                : t`last used ${formatMoment(last_used_at)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
