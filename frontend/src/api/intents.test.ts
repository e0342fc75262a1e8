import { beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf, Intents, type KeyValue } from './intents';
import { inMemory } from './storage';

const STEP = 'PUT /api/onboarding/steps/profile';

describe('intents', () => {
  let storage: KeyValue;
  let now: number;
  const open = (): Intents => new Intents(storage, () => now);

  beforeEach(() => {
    storage = inMemory();
    now = 1_000_000;
  });

  test('the same intention has the same key, also after a reload', () => {
    const key = open().keyFor(STEP, '{"a":1}');
    expect(open().keyFor(STEP, '{"a":1}')).toBe(key);
  });

  test('another body is another intention, and takes the place of the older one', () => {
    const intents = open();
    const first = intents.keyFor(STEP, '{"a":1}');
    const second = intents.keyFor(STEP, '{"a":2}');
    expect(second).not.toBe(first);
    // What was overtaken must not come back by its old key, whose answer would be an old state.
    expect(intents.keyFor(STEP, '{"a":1}')).not.toBe(first);
  });

  test('once answered, the next one is new', () => {
    const intents = open();
    const key = intents.keyFor(STEP, '{}');
    intents.settle(STEP, key);
    expect(intents.keyFor(STEP, '{}')).not.toBe(key);
  });

  test('a late answer does not settle what came after it', () => {
    const intents = open();
    const old = intents.keyFor(STEP, '{"a":1}');
    const current = intents.keyFor(STEP, '{"a":2}');
    intents.settle(STEP, old);
    expect(intents.keyFor(STEP, '{"a":2}')).toBe(current);
  });

  test('a key is not used longer than the service keeps its answer', () => {
    const key = open().keyFor(STEP, '{}');
    now += 23 * 60 * 60 * 1000;
    expect(open().keyFor(STEP, '{}')).not.toBe(key);
  });

  test('the number kept is bounded, the oldest go first', () => {
    const intents = open();
    const keys = Array.from({ length: 40 }, (_, i) => {
      now += 1;
      return intents.keyFor(`PUT /${i}`, '{}');
    });
    expect(intents.keyFor('PUT /39', '{}')).toBe(keys[39]);
    expect(intents.keyFor('PUT /0', '{}')).not.toBe(keys[0]);
  });

  test('no secret is written down, nor anything that it could be guessed from', () => {
    const body = (password: string): string => JSON.stringify({ email: 'a@example.com', password });
    open().keyFor('POST /api/auth/login', body('hunter2 hunter2'));
    expect(storage.getItem('onboarding.intents')).not.toContain('hunter2');
    expect(fingerprintOf(body('one password'))).toBe(fingerprintOf(body('another one')));
  });

  test('a spoilt storage is as good as an empty one', () => {
    storage.setItem('onboarding.intents', '{"broken');
    expect(open().keyFor(STEP, '{}')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('a storage that refuses costs nothing but the memory', () => {
    storage.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    expect(open().keyFor(STEP, '{}')).toMatch(/^[0-9a-f]{32}$/);
  });
});
