import { defineConfig } from 'vitest/config';

/** The page's speed on a slow phone, against a running system behind a real nginx: `just bench-page`. */
export default defineConfig({
  test: {
    include: ['vitals/**/*.vitals.ts'],
    environment: 'node',
    reporters: ['verbose'],
    // The runner has a `BASE_URL` of its own in its workers.
    env: { FRONTEND_URL: process.env['BASE_URL'] ?? '' },
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
