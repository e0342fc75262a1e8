import { beforeEach, describe, expect, test, vi } from 'vitest';
import { storage } from '../api/storage';
import type { User } from '../api/types';
import { service } from '../test/network';
import { ADA, signedUp } from '../test/person';
import { openPage as openPageOf, stored, submit as submitBy } from '../test/wizard-page';
import type { NewStatus } from './saver';
import type { StepData } from './steps';
import type { Wizard } from './wizard';

describe('the wizard in several tabs', () => {
  let user: User;
  let wizard: Wizard;

  const openPage = (tab?: string): Wizard => openPageOf(user.id, tab);
  const submit = (key: string, status: NewStatus, data: StepData, by = wizard): Promise<unknown> =>
    submitBy(by, key, status, data);
  const texts = (): string => JSON.stringify(storage.names().map((name) => storage.getItem(name)));

  beforeEach(async () => {
    user = await signedUp();
    wizard = openPage();
  });

  test('two tabs keep what each typed: neither text is lost, and the person hears of both', async () => {
    const other = openPage('tab-2');
    wizard.keep('profile', { job_title: 'Poet' }, {});
    other.keep('profile', { job_title: 'King', phone: '+44 1234' }, {});
    await wizard.sendDraft('profile');
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet' }]);
    expect(other.content('profile', {})).toEqual({ job_title: 'King', phone: '+44 1234' });
    await other.sendDraft('profile');
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'King', phone: '+44 1234' }]);
    expect(other.status.get().elsewhere).toMatchObject({
      conflicts: [{ field: 'job_title', mine: 'King', theirs: 'Poet' }],
    });
  });

  test('what came from elsewhere while one typed is not put back by what is sent', async () => {
    wizard.keep('profile', { job_title: 'Poet' }, {});
    service.elsewhere(ADA.email, 'profile', { country: 'GB' });
    // The newest state is known before anything is sent: no 412 tells of the change.
    const reopened = openPage();
    await reopened.sendDraft('profile');
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet', country: 'GB' }]);
    expect(service.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('a form that is open learns of what another tab stored in the place of its own text', () => {
    const data = wizard.arrive('profile', {
      filled: { job_title: 'Poet' },
      shown: { job_title: 'Poet', phone: '+44 1' },
      stored: { job_title: 'King' },
      there: { job_title: 'King' },
      typed: new Set(['job_title', 'phone']),
    });
    expect(data).toEqual({ job_title: 'King', phone: '+44 1' });
    expect(wizard.status.get().elsewhere).toMatchObject({
      replaced: [{ field: 'job_title', mine: 'Poet', theirs: 'King' }],
    });
  });

  test('going back to what the form was filled with, while something else is being stored, counts', async () => {
    await submit('preferences', 'in_progress', {});
    wizard.keep('preferences', { theme: 'light' }, {});
    let release = (): void => undefined;
    service.gate = new Promise((resolve) => (release = resolve));
    const underWay = wizard.sendDraft('preferences');
    await vi.waitFor(() => expect(service.requests.at(-1)?.body).toContain('light'));
    wizard.keep('preferences', { theme: 'system' }, {});
    release();
    await underWay;
    const shown = { theme: 'system' };
    const there = { theme: 'light' };
    const typed = new Set(['theme']);
    expect(wizard.arrive('preferences', { filled: shown, shown, stored: there, there, typed })).toEqual(
      shown,
    );
  });

  test('what a closed tab left is taken over, and sent; an open tab is left alone', async () => {
    const closed = openPage('tab-2');
    const open = openPage('tab-3');
    closed.keep('profile', { job_title: 'Poet' }, {});
    open.keep('organization', { name: 'Engines' }, {});
    wizard.takeOver(new Set(['tab-1', 'tab-3']));
    expect(wizard.open('profile', {})).toEqual({ job_title: 'Poet' });
    await wizard.sendAll();
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet' }]);
    expect(stored('organization')).toEqual(['not_started', {}]);
    expect(open.hasDraft('organization')).toBe(true);
  });

  test('where this tab has another text, that of the closed one is shown until it was read', () => {
    const closed = openPage('tab-2');
    closed.keep('profile', { job_title: 'Poet', phone: '+44 1' }, {});
    wizard.keep('profile', { job_title: 'King' }, {});
    wizard.takeOver(new Set(['tab-1']));
    const reopened = openPage();
    expect(reopened.open('profile', {})).toEqual({ job_title: 'King', phone: '+44 1' });
    expect(reopened.status.get().elsewhere).toMatchObject({ left: [{ field: 'job_title', text: 'Poet' }] });
    reopened.noticeRead('profile');
    expect(texts()).not.toContain('Poet');
  });

  test('logging out takes along what open tabs have not sent', async () => {
    openPage('tab-2').keep('profile', { job_title: 'Poet' }, {});
    wizard.takeOver(undefined, true);
    expect(await wizard.sendAll()).toBe(true);
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet' }]);
  });

  test('a full storage loses no text while the page lives', async () => {
    vi.spyOn(storage, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    wizard.keep('profile', { job_title: 'Poet' }, {});
    expect(wizard.hasDraft('profile')).toBe(true);
    await wizard.sendDraft('profile');
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet' }]);
  });
});
