import { t } from '@lingui/core/macro';
import { ApiError } from '../api/problem';

/** Why a passkey was not used, as people read it. Nothing for what has nothing to do with passkeys. */
export function wordsOfUse(error: unknown): string | undefined {
  return wordsFor(
    error,
    () =>
      t`No passkey was used: you closed the dialog, or there is none for this page here. Try again, or choose another way.`,
  );
}

/** The same for passkeys that are to be made, called otherwise or taken away. */
export function wordsOfChange(error: unknown): string | undefined {
  return wordsFor(
    error,
    () => t`No passkey was made: you closed the dialog, or waited for too long. You can try again.`,
  );
}

function wordsFor(error: unknown, ofNothing: () => string): string | undefined {
  if (error instanceof ApiError) return known(REFUSALS, error.code);
  // A DOMException, or what the library makes of it: both have the names of WebAuthn Level 3.
  const name = error instanceof Error ? error.name : '';
  return NOTHING.has(name) ? ofNothing() : known(FAILURES, name);
}

function known(words: Record<string, () => string>, key: string): string | undefined {
  return Object.hasOwn(words, key) ? words[key]?.() : undefined;
}

/** Nothing was chosen. Browsers do not say whether there was something to choose. */
const NOTHING = new Set(['NotAllowedError', 'AbortError', 'TimeoutError']);

const notSupported = (): string =>
  t`This device cannot keep a passkey that checks who you are. Use another device, such as your phone.`;

/** What the browser says. */
const FAILURES: Record<string, () => string> = {
  InvalidStateError: () => t`This device has a passkey of your account already.`,
  NotSupportedError: notSupported,
  ConstraintError: notSupported,
  SecurityError: () => t`Passkeys do not work at this address of the page.`,
  UnknownError: () => t`The device did not answer as it should. Please try again.`,
};

const again = (): string => t`That took too long. Please try again.`;
const notAccepted = (): string => t`This passkey was not accepted. Please try again, or choose another way.`;
const unavailable = (): string => t`Passkeys do not work at this address of the page.`;
const disabled = (): string =>
  t`This passkey is switched off, since there may be a copy of it. Log in another way, and remove it from your account.`;

/** What the service says. */
const REFUSALS: Record<string, () => string> = {
  unknown_passkey: () =>
    t`No account has this passkey any more. Log in another way, and delete it where your passwords are kept.`,
  passkey_disabled: disabled,
  passkey_counter_regressed: disabled,
  passkey_challenge_expired: again,
  passkey_challenge_used: again,
  passkey_challenge_foreign: again,
  passkey_challenge_mismatch: notAccepted,
  passkey_refused: notAccepted,
  passkey_wrong_origin: unavailable,
  passkey_wrong_rp: unavailable,
  passkeys_unavailable: unavailable,
  passkey_user_not_verified: () =>
    t`The device has not checked who you are. It must ask for your fingerprint, your face or a PIN.`,
  passkey_registered: () => t`This passkey belongs to an account already.`,
  passkey_not_discoverable: notSupported,
  too_many_passkeys: () => t`You have as many passkeys as you can have. Remove one first.`,
  passkey_not_found: () => t`This passkey was removed meanwhile.`,
  last_way_in: () =>
    t`It is the only way into your account. Choose a password first, by the link for a forgotten one.`,
};
