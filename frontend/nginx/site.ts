import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { vi } from 'vitest';

const CONFIGURATION = '../nginx/frontend.conf';

/** Why nginx cannot be run here; `undefined` where it can. */
export function reasonToSkip(): string | undefined {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'nginx is not installed';
  }
}

/** What start.sh puts into the configuration of a container. */
export interface Settings {
  /** The balancers' ports. */
  balancers: number[];
  traces?: { collector: string; share: string };
  /** The folder of the page that is served; by default a small site of its own. */
  root?: string;
}

export interface Site {
  base: string;
  stop(): Promise<void>;
}

/** A real nginx with the shipped configuration, on a port of its own. */
export async function startSite(settings: Settings): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'onboarding-nginx-'));
  const port = await freePort();
  if (settings.root === undefined) writeSite(folder);
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(folder, port, settings));
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'pipe' });
  const base = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => fetch(`${base}/healthz`), 10_000);
  return { base, stop: () => stop(nginx, folder) };
}

async function stop(nginx: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => nginx.once('exit', resolve));
  nginx.kill('SIGTERM');
  await gone;
  rmSync(folder, { recursive: true, force: true });
}

/** A folder with a site of two files. */
function writeSite(folder: string): void {
  mkdirSync(join(folder, 'html', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'html', 'index.html'), '<!doctype html><title>the page</title>');
  writeFileSync(join(folder, 'html', 'assets', 'app-abc123.js'), 'export const x = 1;\n'.repeat(200));
  writeFileSync(join(folder, 'html', 'assets', 'built-abc123.js'), 'as it is');
  writeFileSync(
    join(folder, 'html', 'assets', 'built-abc123.js.gz'),
    gzipSync('as the build has compressed it'),
  );
}

/** The shipped file in a minimal nginx of our own: another port, another root, another balancer. */
function nginxConfiguration(folder: string, port: number, settings: Settings): string {
  const { balancers, traces, root = join(folder, 'html') } = settings;
  const shipped = readFileSync(CONFIGURATION, 'utf8')
    .replace('listen 3000;', `listen 127.0.0.1:${port};`)
    .replace(
      'server load-balancer:8080 max_fails=0;',
      balancers.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' '),
    )
    .replace("set $traces_collector '';", `set $traces_collector '${traces?.collector ?? ''}';`)
    .replace("set $traces_share '';", `set $traces_share '${traces?.share ?? ''}';`)
    .replace('/usr/share/nginx/html', root)
    .replace('/dev/stdout', join(folder, 'access.log'))
    .replace('/dev/stderr', join(folder, 'error.log'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    pid ${join(folder, 'nginx.pid')};
    error_log ${join(folder, 'error.log')};
    worker_processes 1;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 1024; }
    http {
      types { text/html html; text/javascript js; text/css css; font/woff2 woff2; image/svg+xml svg; }
      ${paths.map((path) => `${path}_temp_path ${join(folder, path)};`).join(' ')}
      ${shipped}
    }`;
}

export function listening(server: Server): Promise<number> {
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
