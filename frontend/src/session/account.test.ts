import { i18n } from '@lingui/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { storage } from '../api/storage';
import { unwrap } from '../api';
import { getOnboarding } from '../generated';
import { PSEUDO } from '../i18n/languages';
import { service } from '../test/network';
import { ADA, connect } from '../test/person';
import { accessToken, logIn, restore, signOut, signUp } from './account';
import { currentGrant, dismiss, session } from './session';

/** What is left after a reload: the cookie and the storage. */
function reload(): void {
  dismiss();
  session.set({ phase: 'restoring' });
}

describe('account', () => {
  beforeEach(() => {
    connect();
    reload();
  });

  test('a first visit asks nothing of the service', async () => {
    await restore();
    expect(session.get()).toEqual({ phase: 'guest' });
    expect(service.requests).toHaveLength(0);
  });

  test('a reload brings the person back by the cookie', async () => {
    await signUp(ADA);
    reload();
    await restore();
    expect(session.get()).toMatchObject({ phase: 'person', user: { email: ADA.email } });
  });

  test('a session that ended elsewhere is said to have ended', async () => {
    await signUp(ADA);
    service.cookie = undefined;
    reload();
    await restore();
    expect(session.get()).toEqual({ phase: 'guest', reason: 'ended' });
  });

  test('the session kind is the cookie, and no token is ever stored', async () => {
    await signUp(ADA);
    expect(service.requests.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { session: 'cookie' },
    ]);
    const kept = Object.values({ ...window.localStorage }).join(' ');
    expect(kept).not.toContain(currentGrant()?.accessToken);
    expect(kept).not.toContain(ADA.password);
  });

  test('an account has the language in which one signs up', async () => {
    i18n.loadAndActivate({ locale: 'de', messages: {} });
    expect(await signUp(ADA)).toMatchObject({ language: 'de' });
    await signOut();
    i18n.loadAndActivate({ locale: PSEUDO, messages: {} });
    expect(await signUp({ ...ADA, email: 'grace@example.com' })).toMatchObject({ language: 'en' });
  });

  test('a token that was refused is renewed once for all who need it', async () => {
    await signUp(ADA);
    service.expireTokens();
    const states = await Promise.all(Array.from({ length: 8 }, () => unwrap(getOnboarding())));
    expect(states).toHaveLength(8);
    expect(service.refreshes).toBe(1);
  });

  test('a token that is about to end is renewed before it is used', async () => {
    await signUp(ADA);
    const grant = currentGrant();
    if (grant) grant.expiresAt = Date.now() + 1_000;
    expect(await accessToken()).not.toBe(grant?.accessToken);
    expect(service.refreshes).toBe(1);
  });

  test('logging out ends the session at the service', async () => {
    await signUp(ADA);
    await signOut();
    expect(session.get()).toEqual({ phase: 'guest', reason: 'signed_out' });
    expect(service.cookie).toBeUndefined();
  });

  test('where the service cannot be reached, one is not logged out by half', async () => {
    await signUp(ADA);
    service.faults.push(...Array.from({ length: 5 }, () => 'drop_before' as const));
    await expect(signOut()).rejects.toThrow('cannot be reached');
    expect(session.get()).toMatchObject({ phase: 'person' });
  });

  test('a wrong password is an answer, and the right one is a new question', async () => {
    await signUp(ADA);
    await signOut();
    await expect(logIn({ ...ADA, password: 'wrong' })).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await logIn(ADA)).email).toBe(ADA.email);
    const logins = service.requests.filter(({ path }) => path.endsWith('login'));
    expect(new Set(logins.map(({ key }) => key)).size).toBe(2);
  });

  test('what one person left unanswered is not sent in the name of another', async () => {
    await signUp(ADA);
    storage.setItem('onboarding.intents', '{"PUT /x":{"key":"k","fingerprint":"f","at":9e15}}');
    await signUp({ ...ADA, email: 'grace@example.com' });
    expect(storage.getItem('onboarding.intents') ?? '{}').not.toContain('"k"');
  });
});
