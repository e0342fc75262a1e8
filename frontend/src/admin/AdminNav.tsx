import { useLingui } from '@lingui/react/macro';
import {
  IconChartBar,
  IconHistory,
  IconMail,
  IconServer2,
  IconUsers,
  IconWebhook,
  IconWorld,
} from '@tabler/icons-react';
import { Link, useLocation } from 'react-router';
import classes from './Admin.module.css';

/** The pages of the admin area. */
export function AdminNav() {
  const { t } = useLingui();
  // The router's own link that knows where one is would weigh on the page that signs people up.
  const { pathname } = useLocation();
  const places = [
    { to: 'people', words: t`People`, Icon: IconUsers },
    { to: 'funnel', words: t`Funnel`, Icon: IconChartBar },
    { to: 'audit', words: t`Audit log`, Icon: IconHistory },
    { to: 'mails', words: t`Mails`, Icon: IconMail },
    { to: 'webhooks', words: t`Webhooks`, Icon: IconWebhook },
    { to: 'domains', words: t`Domains`, Icon: IconWorld },
    { to: 'cluster', words: t`Cluster`, Icon: IconServer2 },
  ];
  return (
    <nav aria-label={t`Admin area`}>
      <ul className={classes.nav}>
        {places.map(({ to, words, Icon }) => (
          <li key={to}>
            <Link
              to={`/admin/${to}`}
              className={classes.place}
              aria-current={pathname.startsWith(`/admin/${to}`) ? 'page' : undefined}
            >
              <Icon size={18} stroke={1.75} aria-hidden />
              {words}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
