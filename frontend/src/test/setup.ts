import { cleanup } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { connection } from '../api/connection';
import { network, resetService } from './network';

beforeAll(() => network.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  window.localStorage.clear();
  connection.set('online');
  resetService();
});
afterEach(cleanup);
afterAll(() => network.close());
