import { expect, test } from 'vitest';
import { fresh, reduceWizard, type SaveState, type WizardEvent, type WizardState } from './save-state';

const after = (...events: WizardEvent[]): WizardState => events.reduce(reduceWizard, fresh);
const confirmed = (newerText: boolean): WizardEvent => ({ type: 'confirmed', at: 7, newerText });

test.each<[string, WizardEvent[], SaveState]>([
  ['nothing happened', [], { phase: 'clean' }],
  ['typing', [{ type: 'typed' }], { phase: 'typed' }],
  ['sending', [{ type: 'typed' }, { type: 'sending' }], { phase: 'saving' }],
  ['typing on while it is sent', [{ type: 'sending' }, { type: 'typed' }], { phase: 'saving' }],
  ['confirmed', [{ type: 'sending' }, confirmed(false)], { phase: 'saved', at: 7 }],
  [
    'confirmed, with newer text',
    [{ type: 'sending' }, { type: 'typed' }, confirmed(true)],
    { phase: 'typed' },
  ],
  ['no way through', [{ type: 'sending' }, { type: 'unreachable' }], { phase: 'waiting' }],
  [
    'through after all',
    [{ type: 'unreachable' }, { type: 'sending' }, confirmed(false)],
    { phase: 'saved', at: 7 },
  ],
  [
    'refused',
    [{ type: 'sending' }, { type: 'refused', message: 'No.' }],
    { phase: 'refused', message: 'No.' },
  ],
  ['another step', [{ type: 'unreachable' }, { type: 'opened' }], { phase: 'clean' }],
])('%s', (_, events, expected) => {
  expect(after(...events).save).toEqual(expected);
});

test('a merge is told of until it is read, and only where there is something to tell', () => {
  const notice = { taken: ['country'], conflicts: [] };
  expect(after({ type: 'merged', notice: { taken: [], conflicts: [] } }).elsewhere).toBeUndefined();
  expect(after({ type: 'merged', notice }, { type: 'typed' }).elsewhere).toMatchObject(notice);
  expect(after({ type: 'merged', notice }, { type: 'notice_read' }).elsewhere).toBeUndefined();
});
