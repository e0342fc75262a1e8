import type { LeftText } from './drafts';
import { type Conflict, same } from './merge';

/** What the page says about the text in the form. */
export type SaveState =
  | { phase: 'clean' }
  | { phase: 'typed' }
  | { phase: 'saving' }
  | { phase: 'saved'; at: number }
  /** Kept in this browser; it is sent again by itself. */
  | { phase: 'waiting' }
  /** The service refused it, or would; the messages stand beside the fields. */
  | { phase: 'refused'; message: string };

/** Somebody (or this person, elsewhere) changed the same step meanwhile. */
export interface ElsewhereNotice {
  /** Members that came from elsewhere. */
  taken: string[];
  /** What was typed here and kept, although there was something else. */
  conflicts: Conflict[];
  /** What was typed here and stored, and has been changed elsewhere since. */
  replaced: Conflict[];
  /** What was typed in a tab that is closed, where this one has something else. */
  left: LeftText[];
}

export interface WizardState {
  save: SaveState;
  elsewhere: ElsewhereNotice | undefined;
}

export type WizardEvent =
  | { type: 'typed' }
  | { type: 'sending' }
  | { type: 'confirmed'; at: number; newerText: boolean }
  | { type: 'unreachable' }
  | { type: 'refused'; message: string }
  | { type: 'merged'; notice: Partial<ElsewhereNotice> }
  | { type: 'kept_back'; message: string }
  | { type: 'notice_read' }
  | { type: 'opened' };

export const fresh: WizardState = { save: { phase: 'clean' }, elsewhere: undefined };

/** Pure: what the wizard shows after `event`. */
export function reduceWizard(state: WizardState, event: WizardEvent): WizardState {
  switch (event.type) {
    case 'opened':
      return fresh;
    case 'typed':
      // A request on its way stays visible; its answer says that there is newer text.
      return state.save.phase === 'saving' ? state : { ...state, save: { phase: 'typed' } };
    case 'sending':
      return { ...state, save: { phase: 'saving' } };
    case 'confirmed':
      return { ...state, save: event.newerText ? { phase: 'typed' } : { phase: 'saved', at: event.at } };
    case 'unreachable':
      return { ...state, save: { phase: 'waiting' } };
    case 'refused':
      return { ...state, save: { phase: 'refused', message: event.message } };
    case 'merged':
      return isSilent(event.notice) ? state : { ...state, elsewhere: joined(state.elsewhere, event.notice) };
    case 'kept_back':
      return { ...state, save: { phase: 'refused', message: event.message } };
    case 'notice_read':
      return { ...state, elsewhere: undefined };
  }
}

/** Nothing that a person would have to know of. */
export function isSilent(notice: Partial<ElsewhereNotice> | undefined): boolean {
  const { taken, conflicts, replaced, left } = notice ?? {};
  return [taken, conflicts, replaced, left].every((told) => (told?.length ?? 0) === 0);
}

/** What was told stays until it has been read. */
function joined(before: ElsewhereNotice | undefined, now: Partial<ElsewhereNotice>): ElsewhereNotice {
  return {
    taken: union(before?.taken, now.taken),
    conflicts: union(before?.conflicts, now.conflicts),
    replaced: union(before?.replaced, now.replaced),
    left: union(before?.left, now.left),
  };
}

function union<T>(before: readonly T[] = [], now: readonly T[] = []): T[] {
  return [...before, ...now.filter((one) => !before.some((known) => same(known, one)))];
}
