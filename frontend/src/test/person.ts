import { connectClient } from '../api';
import type { User } from '../api/types';
import { accessToken, renewToken, signUp } from '../session/account';
import { prove } from '../session/proof';

export const ADA = { email: 'ada@example.com', password: 'analytical engine', full_name: 'Ada Lovelace' };

/** The generated client over the real transport, whose waits take no time. */
export function connect(): void {
  connectClient({ accessToken, renew: renewToken, prove, sleep: () => Promise.resolve() });
}

/** Ada, signed up and logged in. */
export async function signedUp(): Promise<User> {
  connect();
  return signUp(ADA);
}
