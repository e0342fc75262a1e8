import { i18n } from '@lingui/core';
import { cleanup } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { connection } from '../api/connection';
import { network, resetService } from './network';

// Texts that grow with their lines ask for it, and happy-dom does not have it.
Object.defineProperty(document, 'fonts', { value: new EventTarget() });

beforeAll(() => network.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  window.localStorage.clear();
  // English is in the texts themselves here.
  i18n.loadAndActivate({ locale: 'en', locales: 'en-GB', messages: {} });
  connection.set('online');
  resetService();
});
afterEach(() => {
  cleanup();
  network.resetHandlers();
});
afterAll(() => network.close());
