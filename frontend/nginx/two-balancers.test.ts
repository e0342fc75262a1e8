import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listening, reasonToSkip, type Site, startSite } from './site';

const reason = reasonToSkip();
if (reason) process.stderr.write(`skipped: two balancers behind a real nginx: ${reason}\n`);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** How a balancer goes away under a request. */
const WAYS: [string, Answer][] = [
  ['closes the connection before it answers', (request) => request.socket.destroy()],
  ['resets the connection before it answers', (request) => request.socket.resetAndDestroy()],
  ['ends after a part of the head', (request) => request.socket.end('HTTP/1.1 200 OK\r\ncontent-')],
  ['ends in the middle of the request', (request) => request.once('data', () => request.socket.destroy())],
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const CASES = WAYS.flatMap(([way, goes]) => METHODS.map((method) => [method, way, goes] as const)).filter(
  // It has no middle.
  ([method, way]) => !(method === 'GET' && way.includes('middle')),
);

describe.skipIf(reason !== undefined)(`two balancers${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const balancers: Server[] = [];
  let seen: { key: string | undefined; body: string }[] = [];
  let goes: Answer | undefined;
  let site: Site;

  /** The first balancer that is asked goes away; whichever is next answers. */
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const go = goes;
    goes = undefined;
    let body = '';
    request.on('data', (part) => (body += part));
    if (go) {
      seen.push({ key: request.headers['idempotency-key'] as string | undefined, body: 'unread' });
      go(request, response);
      return;
    }
    request.once('end', () => {
      seen.push({ key: request.headers['idempotency-key'] as string | undefined, body });
      response.end('{}');
    });
  }

  beforeAll(async () => {
    balancers.push(createServer(answer), createServer(answer));
    site = await startSite({ balancers: await Promise.all(balancers.map(listening)) });
  });

  beforeEach(() => {
    seen = [];
    goes = undefined;
  });

  afterAll(async () => {
    await site?.stop();
    for (const balancer of balancers) balancer.closeAllConnections();
    for (const balancer of balancers) balancer.close();
  });

  function call(method: string, headers: Record<string, string> = {}): Promise<Response> {
    const body = method === 'GET' ? undefined : '{"a":1}'.padEnd(50_000);
    return fetch(`${site.base}/api/onboarding`, { method, body, headers });
  }

  test.each(CASES)('%s is answered by the other one when the first one %s', async (method, _, go) => {
    goes = go;
    const response = await call(method);
    expect(response.status).toBe(200);
    expect(seen).toHaveLength(2);
    expect(seen[1]?.body).toBe(method === 'GET' ? '' : '{"a":1}'.padEnd(50_000));
  });

  test.each(METHODS.slice(1))('%s bears the same key both times', async (method) => {
    goes = (request) => request.socket.destroy();
    await call(method);
    const keys = seen.map(({ key }) => key);
    expect(keys).toEqual([expect.stringMatching(/^proxy-[0-9a-f]{32}$/), keys[0]]);
  });

  test('what changes nothing bears no key', async () => {
    await call('GET');
    expect(seen.map(({ key }) => key)).toEqual([undefined]);
  });

  test('each change without a key gets one of its own', async () => {
    await call('POST');
    await call('POST');
    expect(seen[0]?.key).not.toBe(seen[1]?.key);
  });

  test("a client's own key stays", async () => {
    goes = (request) => request.socket.destroy();
    await call('POST', { 'idempotency-key': 'mine' });
    expect(seen.map(({ key }) => key)).toEqual(['mine', 'mine']);
  });

  test('by plain HTTP nothing says that HTTPS is a must', async () => {
    const response = await call('GET');
    expect(response.headers.has('strict-transport-security')).toBe(false);
  });

  test('an error that a balancer answers is an answer, not tried again', async () => {
    goes = (_, response) => response.writeHead(503).end();
    expect((await call('POST')).status).toBe(503);
    expect(seen).toHaveLength(1);
  });

  test('one of them gone for good costs nobody a request', async () => {
    balancers[0]?.closeAllConnections();
    await new Promise((resolve) => balancers[0]?.close(resolve));
    for (let i = 0; i < 20; i += 1) expect((await call(METHODS[i % 5] ?? 'GET')).status).toBe(200);
  });
});
