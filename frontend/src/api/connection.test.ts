import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Connection, connection, lastAnswerer, noteAnswer, noteTrouble, noteWait } from './connection';

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

describe('a request without an answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is told after four seconds, for as long as it waits', () => {
    const over = noteWait();
    vi.advanceTimersByTime(3_999);
    expect(connection.get()).toBe('online');
    vi.advanceTimersByTime(1);
    expect(connection.get()).toBe('slow');
    noteAnswer(new Response(null, { status: 200 }));
    expect(connection.get()).toBe('slow');
    over();
    expect(connection.get()).toBe('online');
  });

  test('that is answered in time is not told of', () => {
    noteWait()();
    vi.advanceTimersByTime(10_000);
    expect(connection.get()).toBe('online');
  });

  test('and what is out of reach stays that', () => {
    const over = noteWait();
    noteTrouble(true);
    vi.advanceTimersByTime(5_000);
    expect(connection.get()).toBe('unreachable');
    over();
    expect(connection.get()).toBe('unreachable');
  });
});
