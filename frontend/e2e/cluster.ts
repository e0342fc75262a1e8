import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { reasonToSkip as noBrowser } from './browser';

const TARGET = process.env['CARGO_TARGET_DIR'] ?? resolve(import.meta.dirname, '../../target');
const BINARY = process.env['LOCAL_CLUSTER'] ?? join(TARGET, 'debug', 'local-cluster');
const PAGE = resolve(import.meta.dirname, '../dist');

/** Why tests that start a system of their own cannot run here. */
export const reasonToSkip =
  noBrowser !== undefined && !noBrowser.startsWith('BASE_URL')
    ? noBrowser
    : !existsSync(BINARY)
      ? `no local-cluster found at ${BINARY} (build it, or set LOCAL_CLUSTER to its path)`
      : existsSync(join(PAGE, 'index.html'))
        ? undefined
        : `no page found at ${PAGE} (build it)`;

interface Manifest {
  frontend: string;
  instances: Array<{ name: string; address: string; pid: number }>;
}

/** The whole system, of our own, on free ports, with templates of our own. */
export class Cluster {
  private readonly child: ChildProcess;
  private readonly dir: string;

  private constructor(child: ChildProcess, dir: string) {
    this.child = child;
    this.dir = dir;
  }

  /** `templates` are texts by the names of their files; `settings` are variables of the backends. */
  static async start(
    templates: Record<string, string>,
    settings: Record<string, string> = {},
  ): Promise<Cluster> {
    const dir = mkdtempSync(join(tmpdir(), 'cluster-'));
    const offset = await freeOffset();
    const child = spawn(
      BINARY,
      [
        'up',
        '--instances',
        '2',
        '--data-dir',
        join(dir, 'data'),
        '--port-offset',
        String(offset),
        '--frontend-dir',
        PAGE,
      ],
      {
        env: { ...environment(), ...templatesIn(dir, templates), ...settings },
        stdio: ['ignore', 'ignore', openSync(join(dir, 'said'), 'w')],
      },
    );
    const cluster = new Cluster(child, dir);
    await cluster.until('the system is ready', () => existsSync(join(dir, 'data', 'cluster.json')));
    return cluster;
  }

  get frontend(): string {
    return this.manifest().frontend;
  }

  /** Every backend is replaced by one that has these templates, too. */
  async rollOut(templates: Record<string, string>): Promise<void> {
    templatesIn(this.dir, templates);
    for (const { name } of this.manifest().instances) await this.replaced(name, this.kill(name));
  }

  /** Kills a backend as it is, in the middle of whatever it does. Gives its process. */
  kill(name: string): number {
    const { pid } = this.instance(name);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Waits until a backend that was killed is another process, and takes traffic. */
  async replaced(name: string, pid: number): Promise<void> {
    await this.until(`${name} is another process`, () => this.instance(name).pid !== pid);
    const { address } = this.instance(name);
    await this.until(`${name} is ready`, async () => (await fetch(`http://${address}/ready`)).ok);
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await ended;
    rmSync(this.dir, { recursive: true, force: true });
  }

  private instance(name: string): Manifest['instances'][number] {
    const found = this.manifest().instances.find((each) => each.name === name);
    if (!found) throw new Error(`there is no instance ${name}`);
    return found;
  }

  private async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      if (await Promise.resolve(isSo()).catch(() => false)) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`it did not become true that ${what}:\n${readFileSync(join(this.dir, 'said'), 'utf8')}`);
  }

  private manifest(): Manifest {
    return JSON.parse(readFileSync(join(this.dir, 'data', 'cluster.json'), 'utf8')) as Manifest;
  }
}

/** Writes templates where a cluster looks for them, and says where; the embedded one counts where there are none. */
function templatesIn(dir: string, templates: Record<string, string>): NodeJS.ProcessEnv {
  if (Object.keys(templates).length === 0) return {};
  const folder = join(dir, 'templates');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(templates)) writeFileSync(join(folder, name), text);
  return { ONBOARDING_TEMPLATES_DIR: folder };
}

/** What this process was told of another system is not for this one. */
function environment(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, CLUSTER_JSON: __, OTEL_EXPORTER_OTLP_ENDPOINT: ___, ...others } = process.env;
  return others;
}

/** Ports from 4000 that browsers and `fetch` refuse to connect to (Fetch standard, "port blocking"). */
const BLOCKED = new Set([
  4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

/** Added to every port, below those that the system hands out for outgoing connections (from 32768). */
async function freeOffset(): Promise<number> {
  for (;;) {
    const offset = 1000 + Math.floor(Math.random() * 23_000);
    const ports = [3000, 8080, 8081, 5001, 5002].map((port) => port + offset);
    if (ports.some((port) => BLOCKED.has(port))) continue;
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return offset;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
