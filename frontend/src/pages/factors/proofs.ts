import { ApiError } from '../../api/problem';
import { passkeysPossible } from '../../passkeys/possible';

/** By what people prove that it is them, in the order in which the page offers it. */
export const WAYS = ['passkey', 'totp', 'recovery_code', 'password'] as const;
export type Way = (typeof WAYS)[number];
/** What is typed. */
export type TypedWay = Exclude<Way, 'passkey'>;

/** As the service takes it. */
export type Proof = { code: string } | { recovery_code: string } | { password: string };

/** Those of the service's ways that this page knows, and this browser. */
export function waysOf(factors: readonly string[], byPasskey: boolean): Way[] {
  const isGood = (way: Way): boolean => way !== 'passkey' || (byPasskey && passkeysPossible());
  return WAYS.filter((way) => factors.includes(way) && isGood(way));
}

/** The proof that a text is; nothing where it is none yet. */
export function proofOf(way: TypedWay, text: string): Proof | undefined {
  if (way === 'password') return text === '' ? undefined : { password: text };
  if (way === 'totp') return /^\d{6}$/.test(text) ? { code: text } : undefined;
  return /^[0-9A-Za-z]{24}$/.test(text.replaceAll(/[\s-]/g, '')) ? { recovery_code: text } : undefined;
}

const WRONG = new Set(['invalid_credentials', 'invalid_second_factor']);

/** Whether the service says that the proof is wrong, and nothing else. */
export function isWrong(error: unknown): boolean {
  return error instanceof ApiError && (WRONG.has(error.code) || error.status === 422);
}
