import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { becauseOf, reasonToSkip as noBrowser } from './browser';

const TARGET = process.env['CARGO_TARGET_DIR'] ?? resolve(import.meta.dirname, '../../target');
const BINARY = process.env['LOAD_BALANCER'] ?? join(TARGET, 'debug', 'load-balancer');

/** Why the tests of the balancer's own page cannot run here. They need no frontend. */
export const reasonToSkip =
  noBrowser !== undefined && !noBrowser.startsWith('BASE_URL')
    ? noBrowser
    : existsSync(BINARY)
      ? undefined
      : `no load balancer found at ${BINARY} (build it, or set LOAD_BALANCER to its path)`;

export { becauseOf };

/** A server behind the balancer. `answer` is the status that it gives to all but its health check. */
export class Upstream {
  status = 200;
  readonly address: string;
  private readonly server: Server;

  private constructor(server: Server, address: string) {
    this.server = server;
    this.address = address;
  }

  static async start(port = 0): Promise<Upstream> {
    const server = createServer((request, response) => {
      const status = request.url === '/health' ? 200 : upstream.status;
      response.writeHead(status, { 'content-type': 'text/plain' }).end('answer');
    });
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    const upstream = new Upstream(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    return upstream;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** A balancer of our own, on free ports, with a token for changes and with further routes where they are given. */
export class Balancer {
  readonly traffic: string;
  readonly admin: string;
  private readonly child: ChildProcess;
  private readonly dir: string;

  private constructor(child: ChildProcess, dir: string, traffic: string, admin: string) {
    this.child = child;
    this.dir = dir;
    this.traffic = traffic;
    this.admin = admin;
  }

  static async start(servers: Record<string, Upstream>, token?: string, routes = ''): Promise<Balancer> {
    const dir = mkdtempSync(join(tmpdir(), 'balancer-'));
    const [http, admin] = [await freePort(), await freePort()];
    const file = join(dir, 'load-balancer.toml');
    writeFileSync(file, configuration(http, admin, servers) + routes);
    const { LB_ADMIN_TOKEN: _, LB_ADMIN_TOKEN_FILE: __, ...others } = process.env;
    const env = { ...others, RUST_LOG: 'error', ...(token ? { LB_ADMIN_TOKEN: token } : {}) };
    const child = spawn(BINARY, ['--config', file, 'run'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const balancer = new Balancer(child, dir, `http://127.0.0.1:${http}`, `http://127.0.0.1:${admin}`);
    await balancer.until((status) =>
      status.pools.every(({ servers: all }) => all.every(({ state }) => state === 'up')),
    );
    return balancer;
  }

  async status(): Promise<Status> {
    return (await (await fetch(`${this.admin}/api/status`)).json()) as Status;
  }

  /** Waits until the status is as wanted. */
  async until(wanted: (status: Status) => boolean): Promise<void> {
    for (let tries = 0; tries < 300; tries += 1) {
      const status = await this.status().catch(() => undefined);
      if (status && wanted(status)) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the status did not become what was waited for: ${JSON.stringify(await this.status())}`);
  }

  /** Sends so many requests, one after the other, and gives their statuses. */
  async ask(count: number, path = '/api/health?secret=1'): Promise<number[]> {
    const statuses: number[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      const response = await fetch(this.traffic + path);
      await response.text();
      statuses.push(response.status);
    }
    return statuses;
  }

  /** Ends it at once, as when its machine is lost. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((done) => this.child.once('exit', done));
      this.child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What the tests read of `/api/status`. */
export interface Status {
  recently: Array<{ minutes: number; errors: number; own_errors: number; requests: number }>;
  pools: Array<{ servers: Array<{ name: string; state: string; admin_state: string; weight: number }> }>;
}

function configuration(http: number, admin: number, servers: Record<string, Upstream>): string {
  const listed = Object.entries(servers).map(
    ([name, { address }]) => `{ name = "${name}", address = "${address}" }`,
  );
  return `
[listen]
http = "127.0.0.1:${http}"
admin = "127.0.0.1:${admin}"
workers = 2
[access_log]
enabled = false
[[pools]]
name = "backend"
algorithm = "least_conn"
servers = [${listed.join(', ')}]
wait_for_server = "0s"
health = { path = "/health", interval = "200ms", timeout = "5s", retries = 3, start_period = "0s", down_interval = "200ms" }
[[routes]]
path = "/api/static-data"
pool = "backend"
cache = { ttl = "5m", max_size = "100MB" }
[[routes]]
path = "/"
pool = "backend"
rate_limit = { requests = 10000, per = "1s", burst = 20000 }
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
