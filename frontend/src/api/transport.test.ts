import { beforeEach, describe, expect, test, vi } from 'vitest';
import { service } from '../test/network';
import type { Traces } from '../traces';
import { connection } from './connection';
import { Intents } from './intents';
import { Unreachable } from './problem';
import { inMemory } from './storage';
import { createTransport, isFinal, type TransportParts } from './transport';

const ORIGIN = 'http://127.0.0.1:3000';
const ADA = { email: 'ada@example.com', password: 'analytical engine', full_name: 'Ada' };

describe('transport', () => {
  let storage = inMemory();
  let token: string | undefined;
  const sleeps: number[] = [];
  const parts = (over: Partial<TransportParts> = {}): TransportParts => ({
    intents: new Intents(storage),
    accessToken: async () => token,
    renew: async () => undefined,
    sleep: async (ms) => void sleeps.push(ms),
    ...over,
  });
  const request = (method: string, path: string, body?: object): Request =>
    new Request(`${ORIGIN}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
  const register = (over?: Partial<TransportParts>): Promise<Response> =>
    createTransport(parts(over))(request('POST', '/api/auth/register', ADA));

  beforeEach(() => {
    storage = inMemory();
    token = undefined;
    sleeps.length = 0;
  });

  test('a mutation bears a key, a read does not', async () => {
    await register();
    await createTransport(parts())(request('GET', '/api/static-data'));
    expect(service.requests.map(({ key }) => key !== null)).toEqual([true, false]);
  });

  test.each([
    ['GET', '/api/auth/login/passkey'],
    ['POST', '/api/auth/login/passkey'],
  ])('%s %s bears no token, and no token is renewed for it', async (method, path) => {
    const accessToken = vi.fn(async () => 'token');
    const renew = vi.fn(async () => 'another');
    const body = method === 'POST' ? { credential: { id: 'nobody’s' } } : undefined;
    const send = vi.fn(async (_: string, init?: RequestInit) => {
      expect(new Headers(init?.headers).get('authorization')).toBeNull();
      return Response.json({ code: 'unknown_passkey' }, { status: 401 });
    }) as unknown as typeof fetch;
    const response = await createTransport(parts({ accessToken, renew, fetch: send }))(
      request(method, path, body),
    );
    expect(response.status).toBe(401);
    expect(accessToken).not.toHaveBeenCalled();
    expect(renew).not.toHaveBeenCalled();
  });

  test('that a try has left is told before its answer has come', async () => {
    const told: string[] = [];
    const send = (async () => {
      await Promise.resolve();
      told.push('answered');
      return new Response();
    }) as typeof fetch;
    const onSent = (): void => void told.push('sent');
    await createTransport(parts({ onSent, fetch: send }))(request('GET', '/api/static-data'));
    expect(told).toEqual(['sent', 'answered']);
  });

  test('an answer that got lost is asked for under the same key: one effect', async () => {
    service.faults.push('drop_after', 'drop_before', 503);
    const response = await register();
    expect(response.status).toBe(201);
    expect(service.people.size).toBe(1);
    expect(new Set(service.requests.map(({ key }) => key)).size).toBe(1);
    expect(service.requests).toHaveLength(4);
    expect(sleeps).toHaveLength(3);
    expect(connection.get()).toBe('online');
  });

  test('the key outlives the page: after a reload the first answer comes again', async () => {
    service.faults.push('drop_after', 'drop_before', 'drop_before', 'drop_before', 'drop_before');
    await expect(register()).rejects.toBeInstanceOf(Unreachable);
    expect(connection.get()).toBe('unreachable');
    expect((await register()).status).toBe(201);
    expect(service.people.size).toBe(1);
    expect(new Set(service.requests.map(({ key }) => key)).size).toBe(1);
  });

  test('each try bears the trace of a span of its own, which is told how it went', async () => {
    const told: string[] = [];
    const traces: Traces = {
      begin: async (_, attempt) => ({
        traceparent: `trace-${attempt}`,
        answered: (status) => void told.push(`${attempt}: ${status}`),
        failed: (failure) => void told.push(`${attempt}: ${(failure as Error).name}`),
      }),
      note: (response) => void told.push(`share ${response.headers.get('x-traces-share')}`),
    };
    const sent: (string | null)[] = [];
    const outcomes = [new TypeError('lost'), new Response(null, { status: 503 }), Response.json({})];
    const send = async (_: unknown, init?: RequestInit): Promise<Response> => {
      sent.push(new Headers(init?.headers).get('traceparent'));
      const outcome = outcomes.shift();
      if (outcome instanceof Response) return outcome;
      throw outcome;
    };
    await register({ traces, fetch: send as typeof fetch });
    expect(sent).toEqual(['trace-1', 'trace-2', 'trace-3']);
    expect(told).toEqual(['1: TypeError', '2: 503', 'share null', '3: 200', 'share null']);
    await register({ fetch: send as typeof fetch }).catch(() => undefined);
    expect(sent[3]).toBeNull();
  });

  test('a refusal is an answer: the next try is a new intention', async () => {
    await register();
    const again = await register();
    expect(again.status).toBe(409);
    const [first, second] = service.requests;
    expect(first?.key).not.toBe(second?.key);
  });

  test('an unanswered request with another secret is a new one, not a dead end', async () => {
    service.faults.push(
      ...Array.from({ length: 5 }, (_, i) => (i === 0 ? 'drop_after' : 'drop_before') as 'drop_after'),
    );
    await expect(register()).rejects.toBeInstanceOf(Unreachable);
    const response = await createTransport(parts())(
      request('POST', '/api/auth/register', { ...ADA, password: 'something else' }),
    );
    expect(response.status).toBe(409);
    expect(service.people.size).toBe(1);
  });

  test('a token that ended is renewed once, and the request goes on under its key', async () => {
    token = ((await (await register()).json()) as { access_token: string }).access_token;
    service.expireTokens();
    const renew = vi.fn(async () => {
      const response = await createTransport(parts())(request('POST', '/api/auth/refresh', {}));
      return ((await response.json()) as { access_token: string }).access_token;
    });
    const response = await createTransport(parts({ renew }))(request('POST', '/api/auth/logout'));
    expect(response.status).toBe(204);
    expect(renew).toHaveBeenCalledTimes(1);
    const logouts = service.requests.filter(({ path }) => path.endsWith('logout'));
    expect(new Set(logouts.map(({ key }) => key)).size).toBe(1);
  });

  test('where the session is over, the 401 comes through', async () => {
    token = 'made up';
    const response = await createTransport(parts())(request('GET', '/api/onboarding'));
    expect(response.status).toBe(401);
    expect(service.requests).toHaveLength(1);
  });

  test('an answer that breaks off half-way is no answer', async () => {
    let tries = 0;
    const broken = new ReadableStream({
      pull: (controller) => controller.error(new TypeError('terminated')),
    });
    const send = (async () => {
      tries += 1;
      return tries === 1 ? new Response(broken) : new Response('{}');
    }) as typeof fetch;
    const response = await register({ fetch: send });
    expect([response.status, tries]).toEqual([200, 2]);
  });

  test('who gives up is not asked again', async () => {
    const controller = new AbortController();
    controller.abort();
    const aborted = new Request(`${ORIGIN}/api/static-data`, { signal: controller.signal });
    await expect(createTransport(parts())(aborted)).rejects.toMatchObject({ name: 'AbortError' });
    expect(sleeps).toEqual([]);
  });

  test.each([
    [200, true],
    [401, true],
    [409, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ])('status %i settles an intention: %s', (status, expected) => {
    expect(isFinal(status)).toBe(expected);
  });
});
