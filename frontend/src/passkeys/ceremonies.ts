import {
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser';
import { unwrap } from '../api';
import { ApiError } from '../api/problem';
import {
  beginPasskey,
  beginPasskeyLogin,
  loginPasskey,
  type PasskeyBody,
  type PasskeyOptionsBody,
  type PasskeyProof,
  registerPasskey,
} from '../generated';
import { begin } from '../session/account';

export { wordsOfChange, wordsOfUse } from './words';

/** Before a challenge expires, it is replaced by another one: whoever chooses a passkey then has this many seconds left. */
const SPARE_S = 60;

/** Has the browser make a passkey for the person who is logged in, and the service take it on. */
export async function addPasskey(): Promise<PasskeyBody> {
  const { challenge_token, public_key } = await unwrap(beginPasskey());
  const optionsJSON = public_key as unknown as PublicKeyCredentialCreationOptionsJSON;
  const credential = { ...(await startRegistration({ optionsJSON })) };
  return unwrap(registerPasskey({ body: { challenge_token, credential } }));
}

export interface Signed {
  proof: PasskeyProof;
  /** What the passkey is bound to. */
  domain: string;
}

/** Has the person choose a passkey in the browser's dialog, and that sign. */
export async function signByPasskey(): Promise<Signed> {
  return sign(await unwrap(beginPasskeyLogin()));
}

/** Begins the session of whoever owns the passkey. */
export async function logInBy(signed: Signed): Promise<void> {
  try {
    begin(await unwrap(loginPasskey({ body: { ...signed.proof, session: 'cookie' } })));
  } catch (error) {
    if (error instanceof ApiError && error.code === 'unknown_passkey') await forget(signed);
    throw error;
  }
}

/**
 * Offers passkeys among the browser's suggestions for the field with `autocomplete="… webauthn"`, until `onSigned` has one or
 * the offer is taken back by what this gives. Nobody has asked for it, so that nothing is said where it cannot be made.
 */
export function offerPasskeys(onSigned: (signed: Signed) => void): () => void {
  let isOver = false;
  let asking = 0;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  const offer = async (): Promise<void> => {
    const options = await unwrap(beginPasskeyLogin());
    if (isOver) return;
    renewal = setTimeout(() => void offer().catch(() => undefined), (options.expires_in - SPARE_S) * 1000);
    asking += 1;
    const signed = await sign(options, true).finally(() => {
      asking -= 1;
    });
    clearTimeout(renewal);
    if (!isOver) onSigned(signed);
  };
  browserSupportsWebAuthnAutofill()
    .then((isSupported) => (isSupported && !isOver ? offer() : undefined))
    .catch(() => undefined);
  return () => {
    isOver = true;
    clearTimeout(renewal);
    // Another question has taken the place of this one, where nothing is open any more.
    if (asking > 0) WebAuthnAbortService.cancelCeremony();
  };
}

async function sign(options: PasskeyOptionsBody, useBrowserAutofill = false): Promise<Signed> {
  const optionsJSON = options.public_key as unknown as PublicKeyCredentialRequestOptionsJSON;
  const credential = { ...(await startAuthentication({ optionsJSON, useBrowserAutofill })) };
  const domain = optionsJSON.rpId ?? window.location.hostname;
  return { proof: { challenge_token: options.challenge_token, credential }, domain };
}

interface Signals {
  signalUnknownCredential?: (options: { rpId: string; credentialId: string }) => Promise<void>;
}

/** No account has the passkey any more: tells whoever keeps it not to offer it again, where the browser passes that on. */
async function forget({ proof, domain }: Signed): Promise<void> {
  const { signalUnknownCredential } = PublicKeyCredential as unknown as Signals;
  const unknown = { rpId: domain, credentialId: String(proof.credential['id']) };
  await signalUnknownCredential?.call(PublicKeyCredential, unknown).catch(() => undefined);
}
