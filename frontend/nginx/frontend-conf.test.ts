import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const CONFIGURATION = '../nginx/frontend.conf';

/** Why nginx cannot be run here; `undefined` where it can. */
function reasonToSkip(): string | undefined {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'nginx is not installed';
  }
}

const reason = reasonToSkip();
if (reason) process.stderr.write(`skipped: nginx/frontend.conf in a real nginx: ${reason}\n`);

describe.skipIf(reason !== undefined)(`nginx/frontend.conf${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'onboarding-nginx-'));
  const seen: IncomingMessage[] = [];
  let balancer: Server;
  let nginx: ChildProcess;
  let base: string;

  beforeAll(async () => {
    balancer = createServer((request, response) => {
      seen.push(request);
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json', 'x-served-by': 'backend-2' });
        response.end(JSON.stringify({ padding: 'x'.repeat(5000) }));
      });
    });
    const upstream = await listening(balancer);
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    writeSite(folder);
    writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(folder, port, upstream));
    nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'pipe' });
    await vi.waitFor(() => fetch(`${base}/healthz`), 10_000);
  });

  afterAll(async () => {
    const gone = new Promise((resolve) => nginx?.once('exit', resolve));
    nginx?.kill('SIGTERM');
    await gone;
    balancer?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('hashed files are kept for ever, and compressed', async () => {
    const response = await fetch(`${base}/assets/app-abc123.js`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect((await fetch(`${base}/assets/gone-abc123.js`)).status).toBe(404);
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
    expect(request?.url).toBe('/api/onboarding?a=b');
    expect(request?.headers['x-forwarded-for']).toBe('203.0.113.7, 127.0.0.1');
    expect(request?.headers['x-forwarded-proto']).toBe('http');
    expect(request?.headers['x-forwarded-host']).toBe(request?.headers.host);
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

function writeSite(folder: string): void {
  mkdirSync(join(folder, 'html', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'html', 'index.html'), '<!doctype html><title>the page</title>');
  writeFileSync(join(folder, 'html', 'assets', 'app-abc123.js'), 'export const x = 1;\n'.repeat(200));
}

/** The shipped file in a minimal nginx of our own: another port, another root, another balancer. */
function nginxConfiguration(folder: string, port: number, upstream: number): string {
  const shipped = readFileSync(CONFIGURATION, 'utf8')
    .replace('listen 3000;', `listen 127.0.0.1:${port};`)
    .replace('load-balancer:8080', `127.0.0.1:${upstream}`)
    .replace('/usr/share/nginx/html', join(folder, 'html'))
    .replace('/dev/stdout', join(folder, 'access.log'))
    .replace('/dev/stderr', join(folder, 'error.log'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    pid ${join(folder, 'nginx.pid')};
    error_log ${join(folder, 'error.log')};
    worker_processes 1;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 64; }
    http {
      types { text/html html; text/javascript js; }
      ${paths.map((path) => `${path}_temp_path ${join(folder, path)};`).join(' ')}
      ${shipped}
    }`;
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
