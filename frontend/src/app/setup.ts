import { localStorageColorSchemeManager } from '@mantine/core';
import { QueryClient } from '@tanstack/react-query';
import { connectClient } from '../api';
import { connection, watchConnection } from '../api/connection';
import { storage } from '../api/storage';
import { accessToken, followTabs, renewToken, restore } from '../session/account';
import { session } from '../session/session';
import { createTraces } from '../traces';
import { noteDebug } from './debug';
import { COLOR_SCHEME_SLOT } from './slots';

/** The transport tries again by itself, and knows better when. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: false, networkMode: 'always', staleTime: 10_000 },
    mutations: { retry: false, networkMode: 'always' },
  },
});

export const colorSchemes = localStorageColorSchemeManager({ key: COLOR_SCHEME_SLOT });

/** Wires the parts together, once, before the first render. */
export function setUp(): void {
  noteDebug(window.location.search);
  watchConnection();
  connectClient({
    accessToken,
    renew: renewToken,
    traces: createTraces({ storage }),
  });
  followTabs();
  forgetOthers();
  askAgainOnReturn();
  void restore();
}

/** What one person's answers left in memory is not for the next one. */
function forgetOthers(): void {
  let previous: string | undefined;
  session.subscribe(() => {
    const now = session.get();
    const person = now.phase === 'person' ? now.user.id : undefined;
    if (previous !== undefined && person !== previous) queries.clear();
    previous = person;
  });
}

/** Pages that failed for want of a service load by themselves when it is back. */
function askAgainOnReturn(): void {
  let line = connection.get();
  connection.subscribe(() => {
    const before = line;
    line = connection.get();
    if (line === 'online' && before !== 'online') {
      void queries.refetchQueries({ predicate: (query) => query.state.status === 'error' });
    }
  });
}
