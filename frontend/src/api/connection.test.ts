import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Connection, connection, lastAnswerer, noteAnswer, noteTrouble } from './connection';

const answer = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });

describe('the line to the service', () => {
  beforeEach(() => lastAnswerer.set(undefined));

  test.each<[string, boolean, () => void, Connection]>([
    ['a lost try', true, () => noteTrouble(false), 'reconnecting'],
    ['the last try lost', true, () => noteTrouble(true), 'unreachable'],
    ['an answer', true, () => noteAnswer(answer(404)), 'online'],
    ['no instance', true, () => noteAnswer(answer(503)), 'unreachable'],
    ['a lost try without a network', false, () => noteTrouble(true), 'offline'],
    [
      'an answer that was under way when the network went',
      false,
      () => noteAnswer(answer(200)),
      'unreachable',
    ],
  ])('%s', (_, onLine, note, expected) => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(onLine);
    connection.set('unreachable');
    note();
    expect(connection.get()).toBe(expected);
  });

  test('the balancer knows best who answered, else the instance says it', () => {
    noteAnswer(answer(200, { 'x-instance-id': 'a', 'x-request-id': 'r' }));
    expect(lastAnswerer.get()).toEqual({ instance: 'a', requestId: 'r' });
    noteAnswer(answer(200, { 'x-instance-id': 'a', 'x-served-by': 'backend-2' }));
    expect(lastAnswerer.get()?.instance).toBe('backend-2');
    noteAnswer(answer(503));
    expect(lastAnswerer.get()?.instance).toBe('backend-2');
  });
});
