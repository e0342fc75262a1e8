import { t } from '@lingui/core/macro';
import { IconCloudOff, IconHourglass, IconRefresh } from '@tabler/icons-react';
import { type Connection, connection } from '../api/connection';
import { useStore } from '../app/useStore';
import classes from './ConnectionNotice.module.css';

const WORDS: Record<Exclude<Connection, 'online'>, string> = {
  get slow() {
    return t`The service takes its time. What you typed is safe here, and we go on waiting.`;
  },
  get reconnecting() {
    return t`One moment, trying that again…`;
  },
  get unreachable() {
    return t`The service is out of reach. What you typed is safe here, and is sent once it is back.`;
  },
  get offline() {
    return t`You are offline. What you typed is safe here, and is sent once you are back.`;
  },
};

const ICONS = {
  slow: IconHourglass,
  reconnecting: IconRefresh,
  unreachable: IconCloudOff,
  offline: IconCloudOff,
};

function Notice({ state }: { state: Exclude<Connection, 'online'> }) {
  const Icon = ICONS[state];
  return (
    <p className={classes.notice} data-state={state}>
      <Icon size={20} stroke={1.75} aria-hidden className={classes.icon} />
      {WORDS[state]}
    </p>
  );
}

/** Floats over the page, so that nothing moves when it comes and goes. */
export function ConnectionNotice() {
  const state = useStore(connection);
  return (
    <div className={classes.place} role="status">
      {state !== 'online' && <Notice state={state} />}
    </div>
  );
}
