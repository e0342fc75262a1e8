import type { Grant } from './session';

export interface RenewalParts {
  current(): Grant | undefined;
  /** Asks the service for a new grant by the session cookie; nothing where the session is over. */
  ask(): Promise<Grant | undefined>;
  /** Runs a task while no other tab of this browser runs one. */
  exclusively?: <T>(task: () => Promise<T>) => Promise<T>;
}

/**
 * Renews the access token in a single flight: callers of this tab share one request, and tabs wait for each
 * other, so that a refresh token is never spent twice. A tab that waited finds the grant of the other one.
 */
export function createRenewal(
  parts: RenewalParts,
): (stale: string | undefined) => Promise<Grant | undefined> {
  const exclusively = parts.exclusively ?? acrossTabs;
  let flight: Promise<Grant | undefined> | undefined;
  return (stale) => {
    const known = parts.current();
    if (known && known.accessToken !== stale) return Promise.resolve(known);
    flight ??= exclusively(async () => {
      const meanwhile = parts.current();
      return meanwhile && meanwhile.accessToken !== stale ? meanwhile : parts.ask();
    }).finally(() => {
      flight = undefined;
    });
    return flight;
  };
}

/** Web Locks exist in secure contexts only; elsewhere the service's grace for the last token is relied on. */
async function acrossTabs<T>(task: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined | null;
  if (!locks) return task();
  return locks.request('onboarding.session', task) as Promise<T>;
}
