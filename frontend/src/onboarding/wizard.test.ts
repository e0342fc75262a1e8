import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { User } from '../api/types';
import { service } from '../test/network';
import { ADA, signedUp } from '../test/person';
import { openPage as openPageOf, stored, submit as submitBy } from '../test/wizard-page';
import type { NewStatus } from './saver';
import type { StepData } from './steps';
import type { Wizard } from './wizard';

describe('wizard', () => {
  let user: User;
  let wizard: Wizard;

  const openPage = (tab?: string): Wizard => openPageOf(user.id, tab);
  const submit = (key: string, status: NewStatus, data: StepData, by = wizard): Promise<unknown> =>
    submitBy(by, key, status, data);
  const outage = (): void =>
    void service.faults.push(...Array.from({ length: 5 }, () => 'drop_before' as const));

  beforeEach(async () => {
    user = await signedUp();
    wizard = openPage();
  });

  test('a field that is left is saved as a draft', async () => {
    wizard.keep('profile', { job_title: 'Poet' }, {});
    await wizard.sendDraft('profile');
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet' }]);
    expect(wizard.hasDraft('profile')).toBe(false);
    expect(wizard.status.get().save.phase).toBe('saved');
  });

  test('where nothing was typed, nothing is sent', async () => {
    const before = service.requests.length;
    await wizard.sendDraft('profile');
    expect(service.requests).toHaveLength(before);
  });

  test('what is half-typed stays here, the rest is sent', async () => {
    wizard.keep('organization', { name: 'Engines', website: 'htt' }, {});
    await wizard.sendDraft('organization');
    expect(stored('organization')).toEqual(['in_progress', { name: 'Engines' }]);
    expect(wizard.content('organization', { name: 'Engines' })).toEqual({ name: 'Engines', website: 'htt' });
  });

  test('text survives an outage and a reload, and is sent afterwards', async () => {
    wizard.keep('profile', { job_title: 'Poet' }, {});
    await wizard.sendDraft('profile').catch(() => undefined);
    wizard.keep('profile', { job_title: 'Poet', country: 'GB' }, { job_title: 'Poet' });
    outage();
    await expect(wizard.sendDraft('profile')).rejects.toThrow('cannot be reached');
    expect(wizard.status.get().save.phase).toBe('waiting');

    const reopened = openPage();
    expect(reopened.open('profile', { job_title: 'Poet' })).toEqual({ job_title: 'Poet', country: 'GB' });
    expect(await reopened.sendAll()).toBe(true);
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Poet', country: 'GB' }]);
  });

  test('going back to the stored text while another one is on its way counts', async () => {
    wizard.keep('preferences', { theme: 'system' }, {});
    await wizard.sendDraft('preferences');
    const before = { theme: 'system' };
    wizard.keep('preferences', { theme: 'light' }, before);
    let release = (): void => undefined;
    service.gate = new Promise((resolve) => (release = resolve));
    const underWay = wizard.sendDraft('preferences');
    await vi.waitFor(() => expect(service.requests.at(-1)?.body).toContain('light'));
    wizard.keep('preferences', { theme: 'system' }, before);
    release();
    await underWay;
    expect(wizard.content('preferences', { theme: 'light' })).toEqual({ theme: 'system' });
    await wizard.sendDraft('preferences');
    expect(stored('preferences')).toEqual(['in_progress', { theme: 'system' }]);
    expect(wizard.hasDraft('preferences')).toBe(false);
  });

  test('the same where the other one got no answer, but may have arrived', async () => {
    wizard.keep('preferences', { theme: 'system' }, {});
    await wizard.sendDraft('preferences');
    wizard.keep('preferences', { theme: 'light' }, { theme: 'system' });
    service.faults.push('drop_after', ...Array.from({ length: 4 }, () => 'drop_before' as const));
    await expect(wizard.sendDraft('preferences')).rejects.toThrow('cannot be reached');
    wizard.keep('preferences', { theme: 'system' }, { theme: 'system' });
    await wizard.sendDraft('preferences');
    expect(stored('preferences')).toEqual(['in_progress', { theme: 'system' }]);
    expect(wizard.status.get().elsewhere).toBeUndefined();
  });

  test('a draft that is asked for while its step is being finished does not reopen it', async () => {
    wizard.keep('profile', { job_title: 'Poet' }, {});
    const finished = submit('profile', 'completed', { job_title: 'Poet' });
    const left = wizard.sendDraft('profile');
    await Promise.all([finished, left]);
    expect(stored('profile')).toEqual(['completed', { job_title: 'Poet' }]);
  });

  test('each change goes out with the version that the one before it gave', async () => {
    await Promise.all([
      submit('profile', 'completed', { job_title: 'Poet' }),
      submit('organization', 'completed', { name: 'Engines' }),
      submit('preferences', 'skipped', {}),
    ]);
    expect(service.personByEmail(ADA.email).state.version).toBe(4);
    expect(wizard.status.get().elsewhere).toBeUndefined();
  });

  test('a change on another device is merged, and told', async () => {
    await submit('profile', 'in_progress', { job_title: 'Poet' });
    wizard.keep('profile', { job_title: 'Queen' }, { job_title: 'Poet' });
    service.elsewhere(ADA.email, 'profile', { job_title: 'King', country: 'GB' });
    await submit('profile', 'completed', { job_title: 'Queen' });
    expect(stored('profile')).toEqual(['completed', { job_title: 'Queen', country: 'GB' }]);
    expect(wizard.status.get().elsewhere).toMatchObject({
      taken: ['country'],
      conflicts: [{ field: 'job_title', mine: 'Queen', theirs: 'King' }],
    });
  });

  test('an answer of our own that got lost is not taken for another device', async () => {
    wizard.keep('profile', { job_title: 'Poet' }, {});
    service.faults.push('drop_after');
    outage();
    service.faults.pop();
    await expect(wizard.sendDraft('profile')).rejects.toThrow('cannot be reached');
    wizard.keep('profile', { job_title: 'Queen' }, {});
    await wizard.sendDraft('profile');
    expect(stored('profile')).toEqual(['in_progress', { job_title: 'Queen' }]);
    expect(wizard.status.get().elsewhere).toBeUndefined();
  });

  test('what is half-typed says why it is not stored, and what is stored of it stays there', async () => {
    await submit('organization', 'in_progress', { website: 'https://engines.example' });
    wizard.keep('organization', { name: 'Engines', website: 'htt' }, { website: 'https://engines.example' });
    await wizard.sendDraft('organization');
    expect(stored('organization')).toEqual([
      'in_progress',
      { name: 'Engines', website: 'https://engines.example' },
    ]);
    expect(wizard.status.get().save).toEqual({ phase: 'refused', message: 'Not saved yet: Website' });
    expect(Object.keys(await wizard.keptBack('organization'))).toEqual(['website']);
  });

  test('what the service refuses is said, and stays in the form', async () => {
    wizard.keep('organization', { website: 'javascript:alert(1)' }, {});
    const refused = submit('organization', 'completed', { website: 'javascript:alert(1)' });
    await expect(refused).rejects.toMatchObject({ status: 422 });
    expect(wizard.status.get().save.phase).toBe('refused');
    expect(wizard.hasDraft('organization')).toBe(true);
  });

  test('the end is reached after all that was on its way', async () => {
    void submit('profile', 'completed', {});
    void submit('organization', 'completed', {});
    void submit('review', 'completed', { accepted_terms: true });
    await wizard.finish();
    expect(service.personByEmail(ADA.email).state.status).toBe('completed');
  });

  test('a finished onboarding takes corrections, but is never opened again by a draft', async () => {
    const complete = { job_title: 'Poet', country: 'GB', time_zone: 'UTC' };
    await submit('profile', 'completed', complete);
    await submit('organization', 'completed', {});
    await submit('review', 'completed', {});
    await wizard.finish();
    wizard.keep('profile', { ...complete, job_title: '' }, complete);
    await wizard.sendDraft('profile');
    expect(stored('profile')).toEqual(['completed', complete]);
    expect(wizard.status.get().save).toEqual({ phase: 'refused', message: 'Not saved yet: Job title' });
    expect(await wizard.keptBack('profile')).toEqual({ job_title: 'Tell us what you do.' });
    wizard.keep('profile', { ...complete, job_title: 'Queen' }, complete);
    await wizard.sendDraft('profile');
    expect(stored('profile')).toEqual(['completed', { ...complete, job_title: 'Queen' }]);
  });
});
