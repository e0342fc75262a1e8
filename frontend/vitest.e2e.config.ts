import { defineConfig } from 'vitest/config';

/** End to end, in a real browser, against a running system: `BASE_URL=http://127.0.0.1:3000 npm run e2e`. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    environment: 'node',
    // Names what is skipped, with the reason in its title.
    reporters: ['verbose'],
    // The runner has a `BASE_URL` of its own in its workers.
    env: { FRONTEND_URL: process.env['BASE_URL'] ?? '' },
    fileParallelism: false,
    sequence: { concurrent: false },
    // A machine that does other things, too, takes its time; whoever waits for a condition waits no longer than it takes.
    expect: { poll: { timeout: 15_000 } },
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});
