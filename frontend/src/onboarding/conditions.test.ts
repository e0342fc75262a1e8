import { expect, test } from 'vitest';
import type { Onboarding } from '../api/types';
import { begun } from '../test/fake-data';
import { applies, visibleFields } from './conditions';
import type { Condition, Field } from './template';

const field = (key: string, visible_when?: Condition): Field => ({
  key,
  type: 'text',
  label: { en: key },
  required: false,
  ...(visible_when ? { visible_when } : {}),
});

/** Two steps, the second of which asks about the first and, in `asked`, about what the condition says. */
function stateWith(condition: Condition, applies_when?: Condition): Onboarding {
  const step = (key: string, fields: Field[]) => ({
    key,
    title: { en: key },
    required: true,
    automatic: false,
    fields,
  });
  const first = step('first', [
    field('role'),
    field('tools'),
    field('size'),
    field('hidden', { field: 'first.role', in: ['nobody'] }),
    field('none'),
  ]);
  const second = step('second', [field('asked', condition)]);
  const state = begun({
    key: 'x',
    version: 1,
    languages: ['en'],
    steps: [first, applies_when ? { ...second, applies_when } : second],
  });
  const data = { role: 'freelancer', tools: ['git', 'vim'], size: 7, hidden: 'something', none: '' };
  Object.assign(state.steps[0] ?? {}, { data });
  return state;
}

const at = (name: string): string => `first.${name}`;
const freelancer: Condition = { field: at('role'), in: ['freelancer'] };
const employee: Condition = { field: at('role'), in: ['employee'] };

// The same table as the service's (`domain/onboarding/template/condition.rs`).
test.each<[string, Condition, boolean]>([
  ['the value', freelancer, true],
  ['another', employee, false],
  ['not the value', { field: at('role'), not_in: ['freelancer'] }, false],
  ['one of several', { field: at('role'), in: ['a', 'freelancer'] }, true],
  ['one of those chosen', { field: at('tools'), in: ['vim'] }, true],
  ['none of those chosen', { field: at('tools'), not_in: ['emacs'] }, true],
  ['the number', { field: at('size'), in: [7] }, true],
  ['the number as a text', { field: at('size'), in: ['7'] }, false],
  ['no answer is none of the values', { field: at('none'), in: ['x'] }, false],
  ['no answer is not the value', { field: at('none'), not_in: ['x'] }, true],
  ['answered', { field: at('role'), answered: true }, true],
  ['answered, and it is not', { field: at('none'), answered: true }, false],
  ['not answered', { field: at('none'), answered: false }, true],
  ['what is hidden is not answered', { field: at('hidden'), answered: false }, true],
  ['all', { all: [freelancer, employee] }, false],
  ['any', { any: [employee, freelancer] }, true],
  ['a field that there is not', { field: 'nowhere.at_all', answered: false }, true],
])('a condition asks for %s', (_, condition, holds) => {
  const visible = visibleFields(stateWith(condition), 'second', {});
  expect(visible.map(({ key }) => key)).toEqual(holds ? ['asked'] : []);
  expect(applies(stateWith(freelancer, condition), 'second')).toBe(holds);
});

test('answers of the form count before those that are stored', () => {
  const state = stateWith(freelancer);
  expect(visibleFields(state, 'first', { role: 'nobody' }).map(({ key }) => key)).toContain('hidden');
});
