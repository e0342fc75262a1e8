import { i18n } from '@lingui/core';
import { intents, unwrap } from '../api';
import { isPassing } from '../api/problem';
import { storage } from '../api/storage';
import type { SessionTokens, User } from '../api/types';
import { languageOf } from '../i18n/languages';
import { SESSION_SLOT } from '../app/slots';
import {
  login,
  loginSecondFactor,
  logout,
  me,
  refresh,
  register,
  type SecondFactorRequest,
  stepUp,
  type StepUpRequest,
} from '../generated';
import { createRenewal } from './renewal';
import { adopt, currentGrant, dismiss, exchange, type Grant, know, type Reason, session } from './session';
import { onTabMessage, tellTabs } from './tabs';

/** Whose unanswered intentions are kept here. */
const PERSON = 'onboarding.person';
const EARLY_MS = 30_000;
const RESTORE_PAUSE_MS = 4_000;

export interface Registration {
  email: string;
  password: string;
  full_name: string;
  /** The token of an invitation to this address. */
  invitation?: string;
}

/** Makes an account that has the language of the page: already the first mail is in it. */
export async function signUp(registration: Registration): Promise<User> {
  const language = languageOf(i18n.locale) ?? null;
  return begin(await unwrap(register({ body: { ...registration, language, session: 'cookie' } })));
}

export async function logIn(credentials: { email: string; password: string }): Promise<User> {
  return begin(await unwrap(login({ body: { ...credentials, session: 'cookie' } })));
}

/** Goes on with a log-in whose password, or provider, was right. */
export async function logInFurther(proof: SecondFactorRequest): Promise<User> {
  return begin(await unwrap(loginSecondFactor({ body: proof })));
}

/** Proves once more who is here: the access token says so from now on, and those that follow it. */
export async function proveAnew(proof: StepUpRequest): Promise<void> {
  const { access_token, expires_in } = await unwrap(stepUp({ body: proof }));
  const grant = exchange(access_token, Date.now() + expires_in * 1000);
  if (grant) tellTabs({ kind: 'granted', grant });
}

/** Ends the session at the service first: only the service can take the cookie away. */
export async function signOut(): Promise<void> {
  await unwrap(logout());
  endHere('signed_out');
}

/** The service has ended this session already: all tabs of this browser are done with it. */
export function endHere(reason: 'signed_out' | 'closed'): void {
  leave(reason);
  tellTabs({ kind: 'signed_out' });
}

/** Reads the account anew, after something has changed it: for this tab and the others. */
export async function refreshPerson(): Promise<void> {
  noteUser(await unwrap(me()));
}

/** The account is now as the service has just said. */
export function noteUser(user: User): void {
  const grant = know(user);
  if (grant) tellTabs({ kind: 'granted', grant });
}

/** Finds out who is here, for as long as it takes: an outage does not log anybody out. */
export async function restore(): Promise<void> {
  if (storage.getItem(SESSION_SLOT) === null) return dismiss();
  try {
    await renewal(undefined);
  } catch (error) {
    if (!isPassing(error)) return dismiss('ended');
    await new Promise((resolve) => setTimeout(resolve, RESTORE_PAUSE_MS));
    if (session.get().phase === 'restoring') return restore();
  }
}

/** The access token for the next request, renewed where it ends within half a minute. */
export async function accessToken(): Promise<string | undefined> {
  const grant = currentGrant();
  if (!grant) return undefined;
  if (grant.expiresAt - Date.now() > EARLY_MS) return grant.accessToken;
  return (await renewal(grant.accessToken))?.accessToken;
}

/** Takes on what the session has proved meanwhile. Nothing is lost where that fails: it comes with the next renewal. */
export async function renewNow(): Promise<void> {
  await renewal(currentGrant()?.accessToken).catch(() => undefined);
}

export async function renewToken(stale: string): Promise<string | undefined> {
  return (await renewal(stale))?.accessToken;
}

/** What another tab did counts here, too. */
export function followTabs(): void {
  onTabMessage((message) => {
    if (message.kind === 'granted') adopt(message.grant);
    else leave('signed_out');
  });
}

const renewal = createRenewal({ current: currentGrant, ask: askForGrant });

async function askForGrant(): Promise<Grant | undefined> {
  const { data, error, response } = await refresh({ body: {}, throwOnError: false });
  if (data) return settle(toGrant(data));
  if (response?.status !== 401) throw error;
  leave('ended');
  return undefined;
}

/** The session that the service has just given. */
export function begin(tokens: SessionTokens): User {
  return settle(toGrant(tokens)).user;
}

function settle(grant: Grant): Grant {
  storage.setItem(SESSION_SLOT, '1');
  if (storage.getItem(PERSON) !== grant.user.id) intents.clear();
  storage.setItem(PERSON, grant.user.id);
  adopt(grant);
  tellTabs({ kind: 'granted', grant });
  return grant;
}

function leave(reason: Reason): void {
  storage.removeItem(SESSION_SLOT);
  if (reason !== 'ended') intents.clear();
  dismiss(reason);
}

function toGrant({ access_token, expires_in, user }: SessionTokens): Grant {
  return { accessToken: access_token, expiresAt: Date.now() + expires_in * 1000, user };
}
