import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listening, reasonToSkip, type Site, startSite } from './site';

const reason = reasonToSkip();
if (reason) process.stderr.write(`skipped: nginx/frontend.conf in a real nginx: ${reason}\n`);

describe.skipIf(reason !== undefined)(`nginx/frontend.conf${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const seen: IncomingMessage[] = [];
  let balancer: Server;
  let site: Site;
  let base: string;

  beforeAll(async () => {
    balancer = createServer((request, response) => {
      seen.push(request);
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json', 'x-served-by': 'backend-2' });
        response.end(JSON.stringify({ padding: 'x'.repeat(5000) }));
      });
    });
    site = await startSite({ balancers: [await listening(balancer)] });
    base = site.base;
  });

  afterAll(async () => {
    await site?.stop();
    balancer?.close();
  });

  test('hashed files are kept for ever, and compressed', async () => {
    const response = await fetch(`${base}/assets/app-abc123.js`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect((await fetch(`${base}/assets/gone-abc123.js`)).status).toBe(404);
  });

  test('what the build has compressed goes out as it is', async () => {
    const response = await fetch(`${base}/assets/built-abc123.js`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe('as the build has compressed it');
    const plain = { 'accept-encoding': 'identity' };
    expect(await (await fetch(`${base}/assets/built-abc123.js`, { headers: plain })).text()).toBe('as it is');
  });

  test.each(['/', '/log-in', '/onboarding/profile'])(
    '%s is the page, asked for anew each time',
    async (path) => {
      const response = await fetch(base + path);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('the page');
      const { headers } = response;
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.has('server-timing')).toBe(false);
      const etag = headers.get('etag') ?? '';
      expect((await fetch(base + path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    },
  );

  test('/api goes to the balancer, with who asked and how', async () => {
    const response = await fetch(`${base}/api/onboarding?a=b`, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
    });
    const request = seen.at(-1);
    expect(response.headers.get('x-served-by')).toBe('backend-2');
    expect(response.headers.has('x-traces-share')).toBe(false);
    expect(request?.url).toBe('/api/onboarding?a=b');
    // No proxy is trusted here, so what the client says of itself goes no further.
    expect(request?.headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(request?.headers['x-forwarded-proto']).toBe('http');
    expect(request?.headers['x-forwarded-host']).toBe(request?.headers.host);
  });

  test('traces of the page are off', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${base}/otlp/v1/traces`, { method: 'POST', body: '{}', headers })).status).toBe(404);
  });

  test('connections to the balancer are used again', async () => {
    for (let i = 0; i < 5; i += 1) await (await fetch(`${base}/api/health`)).text();
    const ports = seen.slice(-5).map((request) => request.socket.remotePort);
    expect(new Set(ports).size).toBe(1);
  });

  test('without a balancer the answer is a problem document that says when to come back', async () => {
    balancer.closeAllConnections();
    await new Promise((resolve) => balancer.close(resolve));
    const response = await fetch(`${base}/api/onboarding`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 503, code: 'service_unreachable' });
  });
});
