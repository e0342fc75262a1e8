import { queryOptions } from '@tanstack/react-query';
import { unwrap } from '../api';
import { listDevices, listFactors } from '../generated';

/** What a log-in of the person asks for beside the password. */
export function factorsQuery(userId: string) {
  return queryOptions({
    queryKey: ['factors', userId],
    queryFn: ({ signal }) => unwrap(listFactors({ signal })),
  });
}

/** The devices where the password alone logs the person in. What changes second factors forgets them. */
export function devicesQuery(userId: string) {
  return queryOptions({
    queryKey: ['devices', userId],
    queryFn: ({ signal }) => unwrap(listDevices({ signal })),
    staleTime: 0,
  });
}
