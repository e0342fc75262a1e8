import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AUDIT_ACTIONS } from './audit/audit-words';
import { MAIL_TYPES } from './messages/message-words';

const BACKEND = join(import.meta.dirname, '..', '..', '..', 'crates', 'backend');

/** What the service writes is told to admins in words, and nothing else has words. */
describe('the words of the admin area', () => {
  test('are there for each action of the audit log', () => {
    const source = readFileSync(join(BACKEND, 'src', 'store', 'audit.rs'), 'utf8');
    const actions = Array.from(source.matchAll(/Self::\w+ => "(\w+\.\w+)"/g), ([, action]) => action);
    expect(actions.length).toBeGreaterThan(50);
    expect(Object.keys(AUDIT_ACTIONS).toSorted()).toEqual(actions.toSorted());
  });

  test('are there for each kind of mail', () => {
    const files = readdirSync(join(BACKEND, 'mail', 'en')).filter((name) => name.endsWith('.txt'));
    const kinds = files.map((name) => name.replace('.txt', ''));
    expect(Object.keys(MAIL_TYPES).toSorted()).toEqual(kinds.toSorted());
  });
});
