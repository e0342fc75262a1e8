import { createServer, type IncomingMessage, request as ask, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listening, reasonToSkip, type Site, startSite } from './site';

const reason = reasonToSkip();

describe.skipIf(reason !== undefined)(`traces of the page${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const seen: { request: IncomingMessage; body: string }[] = [];
  let balancer: Server;
  let collector: Server;
  let site: Site;

  beforeAll(async () => {
    balancer = createServer((_, response) => response.end('{}'));
    collector = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        seen.push({ request, body });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    const traces = { collector: `http://127.0.0.1:${await listening(collector)}`, share: '0.25' };
    site = await startSite({ balancers: [await listening(balancer)], traces });
  });

  afterAll(async () => {
    await site?.stop();
    balancer?.close();
    collector?.close();
  });

  const send = (over: RequestInit = {}): Promise<Response> =>
    fetch(`${site.base}/otlp/v1/traces`, {
      method: 'POST',
      body: '{"resourceSpans":[]}',
      headers: {
        'content-type': 'application/json',
        cookie: 'session=secret',
        authorization: 'Bearer secret',
      },
      ...over,
    });

  test('the page is told which share is wanted, with itself and with answers of the API', async () => {
    const page = await fetch(`${site.base}/log-in`);
    expect(page.headers.get('server-timing')).toBe('traces;desc="0.25"');
    const response = await fetch(`${site.base}/api/onboarding`);
    expect(response.headers.get('x-traces-share')).toBe('0.25');
  });

  test('spans come to the collector, and nothing of the session', async () => {
    expect((await send()).status).toBe(200);
    const { request, body } = seen.at(-1) ?? {};
    expect(request?.url).toBe('/v1/traces');
    expect(body).toBe('{"resourceSpans":[]}');
    expect(request?.headers['content-type']).toBe('application/json');
    expect(JSON.stringify(request?.headers)).not.toContain('secret');
  });

  test('what is not a message with spans is refused', async () => {
    const before = seen.length;
    expect((await send({ headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await send({ method: 'PUT' })).status).toBe(405);
    expect(await announced(`${site.base}/otlp/v1/traces`, 257 * 1024)).toBe(413);
    expect(seen).toHaveLength(before);
  });

  test('one address can send only so much', async () => {
    const statuses: number[] = [];
    while (statuses.length < 60 && !statuses.includes(429)) statuses.push((await send()).status);
    expect(statuses.length).toBeGreaterThan(10);
    expect(statuses.at(-1)).toBe(429);
  });
});

/** The answer to a message that only says how long it is going to be. */
function announced(url: string, length: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': length };
    const request = ask(url, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', reject);
    request.flushHeaders();
  });
}
