import { queryOptions } from '@tanstack/react-query';
import { unwrap } from '../api';
import { listFactors } from '../generated';

/** What a log-in of the person asks for beside the password. */
export function factorsQuery(userId: string) {
  return queryOptions({
    queryKey: ['factors', userId],
    queryFn: ({ signal }) => unwrap(listFactors({ signal })),
  });
}
