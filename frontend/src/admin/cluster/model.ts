import type { BalancerServer, ClusterBody, HistoryLines, InstanceBody } from '../../generated';

type Values = ReadonlyArray<number | null>;

/** What was counted, slot by slot; the oldest first. */
export interface Lines {
  stepSeconds: number;
  from: string | null;
  to: string | null;
  requests: Values;
  errors: Values;
  inFlight: Values;
  p50: Values;
  p99: Values;
}

/** An instance, as all balancers and it itself say. */
export interface InstanceView {
  name: string;
  address: string;
  /** As each balancer has it, by the balancer's name. */
  states: Array<{ balancer: string; server: BalancerServer }>;
  /** Requests that are with it now. */
  inFlight: number;
  /** Nothing where no balancer keeps a history of it. */
  lines: Lines | undefined;
  self: InstanceBody;
}

type Balancer = ClusterBody['balancers'][number];

/** What a balancer is called: as configured, with its address where a name leads to it. */
export function balancerName({ address, url }: Balancer): string {
  const { host } = new URL(url);
  return address === null || address === host ? host : `${host} (${address})`;
}

/** Every instance, with what the balancers have counted of it added up. */
export function instancesOf({ instances, balancers }: ClusterBody): InstanceView[] {
  return instances.map((self) => {
    const places = balancers.flatMap((balancer) =>
      (balancer.status?.pools ?? []).flatMap((pool) =>
        pool.servers
          .filter((server) => (server.resolved ?? server.address) === self.address)
          .map((server) => ({ balancer, pool: pool.name, server })),
      ),
    );
    const all = places.flatMap(({ balancer, pool, server }) => linesOf(balancer, pool, server.name) ?? []);
    return {
      self,
      name: self.name,
      address: self.address,
      states: places.map(({ balancer, server }) => ({ balancer: balancerName(balancer), server })),
      inFlight: places.reduce((sum, { server }) => sum + server.in_flight, 0),
      lines: all.length > 0 ? added(all) : undefined,
    };
  });
}

function linesOf({ history }: Balancer, pool: string, server: string): Lines | undefined {
  const of = history?.pools.find(({ name }) => name === pool)?.servers.find(({ name }) => name === server);
  return history && of ? toLines(history, of) : undefined;
}

/** All answers of one balancer, its own included, whatever the pool; nothing where it keeps no history. */
export function linesOfBalancer({ history }: Balancer): Lines | undefined {
  const pools = history?.pools.map((pool) => toLines(history, pool)) ?? [];
  return pools.length > 0 ? added(pools) : undefined;
}

interface Frame {
  step_seconds: number;
  from: string | null;
  to: string | null;
}

function toLines({ step_seconds, from, to }: Frame, lines: HistoryLines): Lines {
  const { requests, errors, in_flight, p50_ms, p99_ms } = lines;
  return {
    stepSeconds: step_seconds,
    from,
    to,
    requests,
    errors,
    inFlight: in_flight,
    p50: p50_ms,
    p99: p99_ms,
  };
}

const plus = (a: number, b: number): number => a + b;

/** Counts are added; of latencies the worst counts, since they cannot be added. Slots are matched from the newest on. */
function added(all: readonly Lines[]): Lines {
  const [first] = all as readonly [Lines, ...Lines[]];
  const join = (key: 'requests' | 'errors' | 'inFlight' | 'p50' | 'p99', how: typeof plus): Values =>
    all.map((lines) => lines[key]).reduce((joined, values) => joinSlots(joined, values, how));
  return {
    ...first,
    requests: join('requests', plus),
    errors: join('errors', plus),
    inFlight: join('inFlight', plus),
    p50: join('p50', Math.max),
    p99: join('p99', Math.max),
  };
}

function joinSlots(a: Values, b: Values, how: (a: number, b: number) => number): Values {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, at) => {
    const one = a[a.length - length + at] ?? null;
    const other = b[b.length - length + at] ?? null;
    return one === null || other === null ? (one ?? other) : how(one, other);
  });
}

/** What came in each slot, for each second of it. */
export function perSecond(values: Values, stepSeconds: number): Values {
  return values.map((value) => (value === null ? null : value / stepSeconds));
}

/** The sum of what is known. */
export function total(values: Values): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The newest value that is known. */
export function latest(values: Values): number | undefined {
  return values.findLast((value) => value !== null) ?? undefined;
}

/** The greatest value that is known. */
export function most(values: Values): number | undefined {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : undefined;
}
