import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONTENT_SECURITY_POLICY } from './csp';

test('nginx sends the policy of the page, and who may frame it', () => {
  const nginx = readFileSync('../nginx/frontend.conf', 'utf8');
  const sent = /set \$csp "([^"]+)"/.exec(nginx)?.[1];
  expect(sent).toBe(`${CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`);
});

test('nothing inline is allowed', () => {
  expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe');
});
