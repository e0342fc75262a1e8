import type { Conflict } from './merge';

/** What the page says about the text in the form. */
export type SaveState =
  | { phase: 'clean' }
  | { phase: 'typed' }
  | { phase: 'saving' }
  | { phase: 'saved'; at: number }
  /** Kept in this browser; it is sent again by itself. */
  | { phase: 'waiting' }
  /** The service refused it; the messages stand beside the fields. */
  | { phase: 'refused'; message: string };

/** Somebody (or this person, elsewhere) changed the same step meanwhile. */
export interface ElsewhereNotice {
  taken: string[];
  conflicts: Conflict[];
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
  | { type: 'merged'; notice: ElsewhereNotice }
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
      return isSilent(event.notice) ? state : { ...state, elsewhere: event.notice };
    case 'notice_read':
      return { ...state, elsewhere: undefined };
  }
}

/** Nothing that a person would have to know of. */
export function isSilent(notice: ElsewhereNotice | undefined): boolean {
  return !notice || (notice.taken.length === 0 && notice.conflicts.length === 0);
}
