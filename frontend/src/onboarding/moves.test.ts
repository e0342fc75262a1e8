import { QueryClient } from '@tanstack/react-query';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { storage } from '../api/storage';
import type { User } from '../api/types';
import type { TemplateBody } from '../generated';
import { moved } from '../test/fake-data';
import { service } from '../test/network';
import { ADA, signedUp } from '../test/person';
import { guidedTemplate } from '../test/templates';
import { DraftSync } from './draft-sync';
import { Drafts } from './drafts';
import { callsOver, Wizard } from './wizard';

/** The next version: `person.nickname` is `person.call_name`, `work` is `job`, `skills` are asked no more. */
function nextVersion(): TemplateBody {
  const template = guidedTemplate();
  const steps = (template.steps ?? []).filter(({ key }) => key !== 'skills');
  for (const step of steps) {
    if (step.key === 'work') step.key = 'job';
    for (const field of step.fields) if (field.key === 'nickname') field.key = 'call_name';
    delete step.applies_when;
  }
  return { ...template, version: 2, steps };
}

describe('a new version of the template while the page is open', () => {
  let user: User;
  let wizard: Wizard;
  let queries: QueryClient;

  const state = () => service.personByEmail(ADA.email).state;
  const puts = (): string[] =>
    service.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path.split('/').at(-1) ?? '');
  const names = { '': 'Person', nickname: 'Nickname' };
  /** The service moves the person, by an instance that has the new version. */
  const move = (data: Parameters<typeof moved>[2] = {}): void => moved(state(), nextVersion(), data);

  beforeEach(async () => {
    user = await signedUp();
    moved(state(), guidedTemplate(), {});
    queries = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });
    wizard = openPage();
    // The page has asked before it shows anything.
    await wizard.keptBack('person');
  });

  function openPage(tab = 'tab-1'): Wizard {
    const drafts = new Drafts(storage, user.id, tab);
    return new Wizard(callsOver(queries, user.id), (saver) => new DraftSync(drafts, saver));
  }

  test('what was typed to a field of another name by now is not sent over newer answers, but shown', async () => {
    wizard.keep('person', { nickname: 'Ada', story: 'Once' }, {}, names);
    move({ person: { call_name: 'Countess' } });
    await wizard.sendDraft('person');
    expect(state().steps[1]?.data).toEqual({ call_name: 'Countess', story: 'Once' });
    expect(wizard.gone.get()).toEqual([{ name: 'Person: Nickname', text: 'Ada' }]);
    expect(wizard.hasDraft('person')).toBe(false);
  });

  test('what was typed in a step that is gone is shown, in a page that is opened later, too', async () => {
    wizard.keep('skills', { tools: ['loom'] }, {}, { '': 'Skills', tools: 'Tools' });
    move();
    await wizard.sendAll();
    expect(puts()).toEqual(['skills']);
    expect(wizard.gone.get()).toEqual([{ name: 'Skills: Tools', text: ['loom'] }]);
    const reopened = openPage();
    expect(reopened.gone.get()).toHaveLength(1);
    reopened.goneRead();
    expect(openPage().gone.get()).toEqual([]);
    expect(reopened.hasDraft('skills')).toBe(false);
  });

  test('what a closed tab has left, where this one has another text, is shown by its name, too', async () => {
    const closed = openPage('tab-2');
    closed.keep('work', { position: 'weaving' }, {}, { '': 'Work', position: 'Area' });
    wizard.keep('work', { position: 'spinning' }, {}, { '': 'Work', position: 'Area' });
    wizard.takeOver(new Set(['tab-1']));
    move();
    await wizard.sendAll();
    expect(wizard.gone.get()).toEqual([
      { name: 'Work: Area', text: 'weaving' },
      { name: 'Work: Area', text: 'spinning' },
    ]);
  });

  test('what the service has understood by its old name is stored, and nothing is shown', async () => {
    wizard.keep('person', { nickname: 'Ada' }, {}, names);
    // The change itself moves the person: the answer is of the new version.
    const put = wizard.sendDraft('person');
    service.steps.understand = () => move({ person: { call_name: 'Ada' } });
    await put;
    expect(wizard.gone.get()).toEqual([]);
    expect(wizard.hasDraft('person')).toBe(false);
    expect(queries.getQueryData<typeof user>(['onboarding', user.id])).toMatchObject({
      template: { version: 2, steps: expect.any(Array) },
    });
  });

  test('what was typed on while the service understood it is shown', async () => {
    wizard.keep('person', { nickname: 'Ada' }, {}, names);
    let release = (): void => undefined;
    service.gate = new Promise((resolve) => (release = resolve));
    service.steps.understand = () => move({ person: { call_name: 'Ada' } });
    const put = wizard.sendDraft('person');
    await vi.waitFor(() => expect(puts()).toEqual(['person']));
    wizard.keep('person', { nickname: 'Countess' }, {}, names);
    release();
    await put;
    expect(wizard.gone.get()).toEqual([{ name: 'Person: Nickname', text: 'Countess' }]);
    expect(wizard.hasDraft('person')).toBe(false);
    expect(state().steps[1]?.data).toEqual({ call_name: 'Ada' });
  });

  test('a step that is finished then is not sent: its text stays a draft', async () => {
    const { template } = state();
    wizard.keep('work', { role: 'student' }, {}, { '': 'Work', role: 'Role' });
    move();
    await queries.fetchQuery({ queryKey: ['onboarding', user.id], queryFn: () => structuredClone(state()) });
    const saved = await wizard.submit({
      key: 'work',
      status: 'completed',
      data: { role: 'student' },
      template,
    });
    expect(saved).toBeUndefined();
    expect(puts()).toEqual([]);
    expect(wizard.gone.get()).toEqual([{ name: 'Work: Role', text: 'student' }]);
  });

  test('what was cleared is said to be, so that an answer that came from another step goes', async () => {
    await wizard.submit({
      key: 'person',
      status: 'in_progress',
      data: { nickname: 'Ada', story: 'Once' },
      template: state().template,
    });
    wizard.keep('person', { nickname: 'Ada' }, { nickname: 'Ada', story: 'Once' });
    await wizard.sendDraft('person');
    expect(JSON.parse(service.requests.at(-1)?.body ?? '')).toEqual({
      status: 'in_progress',
      data: { nickname: 'Ada', story: null },
    });
    expect(wizard.hasDraft('person')).toBe(false);
  });
});
