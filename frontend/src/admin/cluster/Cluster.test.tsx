import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ClusterBody } from '../../generated';
import { showAdmin } from '../../test/admin';
import { FakeAdmin } from '../../test/fake-admin';
import { pathOf } from './LineChart';

const LINES = {
  requests: [null, 50, 100],
  errors: [null, 0, 5],
  in_flight: [null, 1, 2],
  p50_ms: [null, 1, 2],
  p95_ms: [null, 2, 4],
  p99_ms: [null, 4, 8],
};
const SERVER = {
  name: 'backend-1',
  instance: null,
  address: '10.0.0.1:5000',
  resolved: '10.0.0.1:5000',
  state: 'up',
  weight: 1,
  in_flight: 2,
  last_check: null,
  last_check_ms: 1,
  last_check_error: null,
  consecutive_failures: 0,
};
const CLUSTER: ClusterBody = {
  configured: true,
  minutes: 15,
  as_of: '2026-11-28T04:00:00Z',
  balancers: [
    {
      url: 'http://load-balancer:8081/',
      address: '10.0.0.8:8081',
      error: null,
      status: {
        status: 'degraded',
        version: '1.2.3',
        uptime_seconds: 3_700,
        draining: false,
        client_connections: 7,
        upstream_connections: 3,
        pools: [
          {
            name: 'backend',
            servers: [
              SERVER,
              {
                ...SERVER,
                name: 'backend-2',
                address: '10.0.0.2:5000',
                resolved: null,
                state: 'down',
                last_check_error: 'refused',
              },
            ],
          },
        ],
      },
      history: {
        step_seconds: 5,
        from: '2026-11-28T03:45:00Z',
        to: '2026-11-28T04:00:00Z',
        pools: [
          {
            name: 'backend',
            ...LINES,
            own_errors: [],
            retries: [],
            servers: [{ name: 'backend-1', ...LINES }],
          },
        ],
      },
    },
    {
      url: 'http://load-balancer-2:8081/',
      address: null,
      status: null,
      history: null,
      error: { code: 'unknown_name', detail: 'the name leads to no address' },
    },
  ],
  instances: [
    {
      name: 'backend-1',
      address: '10.0.0.1:5000',
      hashes_waiting: 4,
      error: null,
      health: {
        status: 'healthy',
        instance: 'backend-1',
        version: '1.2.3',
        uptime_seconds: 60,
        database: {
          status: 'up',
          latency_ms: 0.42,
          pool: { max: 10, open: 5, idle: 2, in_use: 3, waiting: 1 },
        },
      },
    },
    {
      name: 'backend-2',
      address: '10.0.0.2:5000',
      hashes_waiting: null,
      health: null,
      error: { code: 'unreachable', detail: 'cannot be reached' },
    },
  ],
};

describe('the cluster', () => {
  let admin: FakeAdmin;

  beforeEach(() => {
    admin = new FakeAdmin();
  });

  test('where no balancer is configured, the page says what to set', async () => {
    await showAdmin(admin, '/admin/cluster');
    expect(await screen.findByText('The backend knows no balancer.')).toBeDefined();
    expect(screen.getByText(/Set LB_ADMIN_URLS/)).toBeDefined();
  });

  test('each balancer and instance is shown with its figures, whoever is silent with the reason', async () => {
    admin.cluster = CLUSTER;
    await showAdmin(admin, '/admin/cluster');
    const balancers = within(await screen.findByRole('region', { name: 'Balancers' }));
    expect(balancers.getByText('Some servers are out')).toBeDefined();
    expect(balancers.getByText(/up for 1 hr 1 min; connections from clients: 7/)).toBeDefined();
    expect(balancers.getByText(/Requests: 150, of these answered with an error \(5xx\): 5/)).toBeDefined();
    expect(balancers.getByText('Its name leads to no address.')).toBeDefined();
    const [one, other] = within(screen.getByRole('region', { name: 'Instances' }))
      .getAllByRole('heading', { level: 3 })
      .map((heading) => within(heading.closest('li') as HTMLElement));
    expect(one?.getByText('3 of 10 in use')).toBeDefined();
    expect(one?.getByText('0.4 ms')).toBeDefined();
    expect(
      one?.getByRole('img', { name: /Requests. all: 20\/s now, at most 20\/s. errors: 1\/s now/ }),
    ).toBeDefined();
    expect(one?.getByRole('img', { name: /Latency. half: 2 ms now.*99 of 100: 8 ms now/ })).toBeDefined();
    expect(other?.getByText('Out: its checks failed')).toBeDefined();
    expect(other?.getByText('It cannot be reached.')).toBeDefined();
  });

  test('the span of time is chosen, and stays in the address', async () => {
    admin.cluster = CLUSTER;
    await showAdmin(admin, '/admin/cluster');
    await userEvent.selectOptions(await screen.findByLabelText('Over the last'), '60');
    expect(screen.getByLabelText('address').textContent).toBe('/admin/cluster?minutes=60');
    await waitFor(() => expect(admin.asked).toContain('GET cluster?minutes=60'));
    expect(admin.asked[0]).toBe('GET cluster?minutes=15');
  });
});

test('a line has gaps where nothing is known, and one value alone is a dash', () => {
  expect(pathOf([10, 0, null, 5], 4, 10)).toBe('M0 1L0.5 1L1.5 39M3 20L3.5 20');
  expect(pathOf([0], 3, 0)).toBe('M2 39L2.5 39');
});
