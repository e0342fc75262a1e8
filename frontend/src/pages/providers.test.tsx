import { screen } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { dismiss, session } from '../session/session';
import { service } from '../test/network';
import { ADA, connect, signedUp } from '../test/person';
import { show } from '../test/render';
import { LogIn } from './LogIn';
import { ProviderReturn } from './ProviderReturn';

beforeEach(() => {
  connect();
});

test('the log-in offers the providers that there are', async () => {
  dismiss();
  service.providers = [{ name: 'example', label: 'Example' }];
  show(<LogIn />, '/log-in');
  expect(await screen.findByRole('button', { name: 'Log in with Example' })).toBeDefined();
});

test('whoever comes back from a provider is logged in', async () => {
  await signedUp();
  dismiss();
  show(<ProviderReturn />, '/oidc/example', `?state=s-1&code=${ADA.email}&iss=https%3A%2F%2Fexample.com`);
  await screen.findByText('elsewhere');
  expect(session.get()).toMatchObject({ phase: 'person' });
  const sent = service.requests.find(({ path }) => path.endsWith('/callback'))?.body ?? '';
  expect(JSON.parse(sent)).toEqual({
    state: 's-1',
    code: ADA.email,
    iss: 'https://example.com',
    session: 'cookie',
  });
});

test('a refusal says what can be done', async () => {
  dismiss();
  show(<ProviderReturn />, '/oidc/example', '?state=s-2&code=nobody%40example.com');
  await screen.findByRole('heading', { level: 1, name: 'You are not logged in' });
  expect(screen.getByText(/Log in with its password/)).toBeDefined();
  expect(session.get()).toMatchObject({ phase: 'guest' });
});
