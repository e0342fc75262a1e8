import { queryOptions } from '@tanstack/react-query';
import { unwrap } from '../api';
import { listPasskeys } from '../generated';

/** What the person can log in by in the place of the password. */
export function passkeysQuery(userId: string) {
  return queryOptions({
    queryKey: ['passkeys', userId],
    queryFn: ({ signal }) => unwrap(listPasskeys({ signal })),
  });
}
