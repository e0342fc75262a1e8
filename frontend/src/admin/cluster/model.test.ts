import { describe, expect, test } from 'vitest';
import type { BalancerServer, ClusterBody, HistoryLines } from '../../generated';
import { instancesOf, latest, linesOfBalancer, most, perSecond, total } from './model';

const server = (name: string, address: string, in_flight: number): BalancerServer => ({
  name,
  address,
  resolved: address,
  instance: null,
  state: 'up',
  weight: 1,
  in_flight,
  last_check: null,
  last_check_ms: 1,
  last_check_error: null,
  consecutive_failures: 0,
});

const lines = (requests: Array<number | null>, p99: Array<number | null>): HistoryLines => ({
  requests,
  errors: requests.map(() => 0),
  in_flight: requests,
  p50_ms: p99,
  p95_ms: p99,
  p99_ms: p99,
});

function balancer(
  address: string,
  requests: Array<number | null>,
  p99: Array<number | null>,
  inFlight: number,
) {
  const counted = lines(requests, p99);
  return {
    url: `http://${address}/`,
    address,
    error: null,
    status: {
      status: 'healthy',
      version: '1',
      uptime_seconds: 1,
      draining: false,
      client_connections: 0,
      upstream_connections: 0,
      pools: [{ name: 'backend', servers: [server('b', '10.0.0.1:5000', inFlight)] }],
    },
    history: {
      step_seconds: 5,
      from: null,
      to: null,
      pools: [
        { name: 'backend', ...counted, own_errors: [], retries: [], servers: [{ name: 'b', ...counted }] },
        { name: 'other', ...counted, own_errors: [], retries: [], servers: [] },
      ],
    },
  };
}

const cluster: ClusterBody = {
  configured: true,
  minutes: 5,
  as_of: '2026-11-28T04:00:00Z',
  balancers: [
    balancer('one', [null, 10, 20], [null, 5, 9], 2),
    balancer('two', [30, 40], [7, 6], 1),
    { url: 'http://three/', address: null, status: null, history: null, error: { code: 'slow', detail: '' } },
  ],
  instances: [
    { name: 'backend-1', address: '10.0.0.1:5000', health: null, hashes_waiting: null, error: null },
    { name: 'backend-2', address: '10.0.0.2:5000', health: null, hashes_waiting: null, error: null },
  ],
};

describe('what several balancers say of one instance', () => {
  test('counts are added from the newest slot on, of latencies the worst counts', () => {
    const [one, other] = instancesOf(cluster);
    expect(one?.states.map((state) => state.balancer)).toEqual(['one', 'two']);
    expect(one?.inFlight).toBe(3);
    expect(one?.lines?.requests).toEqual([null, 40, 60]);
    expect(one?.lines?.p99).toEqual([null, 7, 9]);
    expect(other).toMatchObject({ states: [], inFlight: 0, lines: undefined });
  });

  test('all pools of a balancer are one', () => {
    expect(linesOfBalancer(cluster.balancers[0] as never)?.requests).toEqual([null, 20, 40]);
    expect(linesOfBalancer(cluster.balancers[2] as never)).toBeUndefined();
  });
});

test('figures leave out what is not known', () => {
  const values = [null, 10, null, 5, null];
  expect(perSecond(values, 5)).toEqual([null, 2, null, 1, null]);
  expect([total(values), latest(values), most(values)]).toEqual([15, 5, 10]);
  expect([total([null]), latest([null]), most([null])]).toEqual([0, undefined, undefined]);
});
