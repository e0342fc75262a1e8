import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { connection } from '../api/connection';
import { session } from '../session/session';

/** The transport tries again by itself, and knows better when. */
const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: false, networkMode: 'always', staleTime: 10_000 },
    mutations: { retry: false, networkMode: 'always' },
  },
});

/** What the service has told, for the pages below. Loaded with them: signing up needs none of it. */
export function WithQueries({ children }: { children: ReactNode }) {
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}

const personNow = (): string | undefined => {
  const now = session.get();
  return now.phase === 'person' ? now.user.id : undefined;
};

/** What one person's answers left in memory is not for the next one. */
function forgetOthers(): void {
  let previous = personNow();
  session.subscribe(() => {
    const person = personNow();
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

forgetOthers();
askAgainOnReturn();
