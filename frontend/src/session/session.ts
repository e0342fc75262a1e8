import type { User } from '../api/types';
import { createStore } from '../app/store';

/** Who is at this page. `restoring` until the service has said whether the session cookie still stands. */
export type Session =
  { phase: 'restoring' } | { phase: 'guest'; reason?: Reason } | { phase: 'person'; user: User };

/** Why nobody is here any more: the session is over, or the person has ended it, or has closed the account. */
export type Reason = 'ended' | 'signed_out' | 'closed';

/** The answer to registering, logging in or renewing. The refresh token is in a cookie that scripts cannot read. */
export interface Grant {
  accessToken: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  user: User;
}

export const session = createStore<Session>({ phase: 'restoring' });

/** The access token lives in memory only: a script that reads storage finds nothing to steal. */
let grant: Grant | undefined;

export const currentGrant = (): Grant | undefined => grant;

export function adopt(next: Grant): void {
  grant = next;
  session.set({ phase: 'person', user: next.user });
}

export function dismiss(reason?: Reason): void {
  grant = undefined;
  session.set(reason === undefined ? { phase: 'guest' } : { phase: 'guest', reason });
}

/** The account has changed, the session has not. Gives the grant that other tabs are to take over. */
export function know(user: User): Grant | undefined {
  if (!grant || grant.user.id !== user.id) return undefined;
  adopt({ ...grant, user });
  return grant;
}

/** The session has another access token, as after a proof. Gives the grant that other tabs are to take over. */
export function exchange(accessToken: string, expiresAt: number): Grant | undefined {
  if (!grant) return undefined;
  adopt({ ...grant, accessToken, expiresAt });
  return grant;
}
