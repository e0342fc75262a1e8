import { describe, expect, test, vi } from 'vitest';
import { createRenewal } from './renewal';
import type { Grant } from './session';

const grantOf = (accessToken: string): Grant => ({
  accessToken,
  expiresAt: 0,
  user: {
    id: 'u',
    email: 'e',
    email_verified: false,
    full_name: 'n',
    language: null,
    theme: 'system',
    reminders: true,
    role: 'user',
    status: 'active',
    created_at: '2026-03-01T12:00:00Z',
  },
});

describe('renewal', () => {
  test('many that need it at once share one request', async () => {
    let current = grantOf('old');
    const ask = vi.fn(async () => (current = grantOf('new')));
    const renew = createRenewal({ current: () => current, ask, exclusively: (task) => task() });
    const grants = await Promise.all(Array.from({ length: 20 }, () => renew('old')));
    expect(ask).toHaveBeenCalledTimes(1);
    expect(new Set(grants.map((grant) => grant?.accessToken))).toEqual(new Set(['new']));
  });

  test('whoever comes late finds what is there', async () => {
    const ask = vi.fn();
    const renew = createRenewal({ current: () => grantOf('new'), ask, exclusively: (task) => task() });
    expect((await renew('old'))?.accessToken).toBe('new');
    expect(ask).not.toHaveBeenCalled();
  });

  test('a tab that waited for another one uses what that one got', async () => {
    let current = grantOf('old');
    const ask = vi.fn();
    const renew = createRenewal({
      current: () => current,
      ask,
      exclusively: async (task) => {
        current = grantOf('from the other tab');
        return task();
      },
    });
    expect((await renew('old'))?.accessToken).toBe('from the other tab');
    expect(ask).not.toHaveBeenCalled();
  });

  test('after a failure the next one asks anew', async () => {
    const ask = vi.fn().mockRejectedValueOnce(new Error('outage')).mockResolvedValue(grantOf('new'));
    const renew = createRenewal({ current: () => undefined, ask, exclusively: (task) => task() });
    await expect(renew(undefined)).rejects.toThrow('outage');
    expect((await renew(undefined))?.accessToken).toBe('new');
  });
});
