/** What one try came to. */
export type Outcome =
  { kind: 'no_answer' } | { kind: 'answer'; status: number; retryAfter: number | undefined };

export interface Try {
  /** 1 for the first. */
  attempt: number;
  outcome: Outcome;
  /** GET and HEAD, or a request with an idempotency key: sending it again changes nothing. */
  repeatable: boolean;
}

export const MAX_ATTEMPTS = 5;
const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 4_000;
/** A service that asks for more patience than this is shown to the person, not waited for. */
const LONGEST_RETRY_AFTER_S = 5;

/** No instance could take the request. */
export function isOutage(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/**
 * Milliseconds until the next try, or `undefined` where the outcome stands.
 * Full jitter, so that many pages do not come back in the same instant.
 */
export function retryDelay({ attempt, outcome, repeatable }: Try, random = Math.random): number | undefined {
  if (!repeatable || attempt >= MAX_ATTEMPTS) return undefined;
  const backOff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  const jittered = backOff / 2 + (backOff / 2) * random();
  if (outcome.kind === 'no_answer') return jittered;
  if (!isOutage(outcome.status)) return undefined;
  const asked = outcome.retryAfter ?? 0;
  return asked > LONGEST_RETRY_AFTER_S ? undefined : Math.max(jittered, asked * 1000);
}
