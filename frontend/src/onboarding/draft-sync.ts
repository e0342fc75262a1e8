import type { Onboarding } from '../api/types';
import { adopt, isLeft } from './adoption';
import { type FieldErrors, malformed, missing, sendable } from './checks';
import type { Draft, Drafts, GoneText, LeftText } from './drafts';
import { isGone, byWhetherAsked, typedTo } from './gone';
import { merge, type Merged, same } from './merge';
import { type NewStatus, type Saved, type Saver, startOf, type StepChange } from './saver';
import { type StepData, stepOf } from './steps';
import { isSameTemplate, isWhole } from './template';

/** A step that its person is done with, or wants to leave out. */
export interface Submission {
  key: string;
  status: NewStatus;
  data: StepData;
  /** The template whose questions `data` answers. */
  template: Onboarding['template'];
}

/**
 * Brings drafts of this browser to the service.
 * A draft is written here on every key stroke and sent when a field or step is left; it is dropped only when the
 * service has confirmed that very text.
 */
export class DraftSync {
  private readonly drafts: Drafts;
  private readonly saver: Saver;

  constructor(drafts: Drafts, saver: Saver) {
    this.drafts = drafts;
    this.saver = saver;
  }

  /**
   * Writes down what the form holds now; `stored` is what the service has, `names` what the members are called. Nothing
   * to keep where they agree.
   */
  keep(key: string, data: StepData, stored: StepData, names?: Record<string, string>): void {
    const before = this.drafts.read(key);
    // With a request on its way, going back to what was stored is a change like any other.
    if (same(data, stored) && isAnswered(before, stored)) this.drafts.drop(key);
    else this.drafts.keep(key, { base: stored, ...before, data, ...(names ? { names } : {}) });
  }

  /** What the form is to show at first: what is stored, with this browser's unsent text laid over it. */
  opening(key: string, stored: StepData): Merged {
    const draft = this.drafts.read(key);
    if (!draft) return { data: stored, taken: [], conflicts: [] };
    return merge(startOf(draft, stored), draft.data, stored);
  }

  /** Takes over what closed tabs left; with `all`, what open ones have not sent, too. Gives the steps concerned. */
  adopt(live: ReadonlySet<string> | undefined, all = false): Set<string> {
    return adopt(this.drafts, all ? () => true : isLeft(live));
  }

  /** Texts of closed tabs that have another one here in their place. */
  left(key: string): LeftText[] {
    return this.drafts.left(key);
  }

  leftRead(key: string): void {
    this.drafts.leave(key, []);
  }

  /** What was typed to questions that are asked no more, and nobody has read yet. */
  gone(): GoneText[] {
    return this.drafts.gone();
  }

  goneRead(): void {
    this.drafts.setGone([]);
  }

  /** Takes out of the drafts what answers no question of the person's template: it is kept to be shown. */
  setAside(state: Onboarding): void {
    if (!isWhole(state)) return;
    for (const key of this.drafts.leftKeys()) {
      const { asked, gone } = byWhetherAsked(state, key, this.drafts.left(key));
      if (gone.length === 0) continue;
      this.drafts.setGone([...this.drafts.gone(), ...gone]);
      this.drafts.leave(key, asked);
    }
    for (const key of this.drafts.keys()) {
      const draft = this.drafts.read(key);
      if (!draft || !isGone(state, key, draft)) continue;
      const { texts, rest } = typedTo(state, key, draft);
      this.drafts.setGone([...this.drafts.gone(), ...texts]);
      if (rest) this.drafts.keep(key, rest);
      else this.drafts.drop(key);
    }
  }

  /** Why the draft of a step is not sent, by member; empty where it is, or will be. */
  keptBack(key: string, state: Onboarding): FieldErrors {
    const draft = this.drafts.read(key);
    if (!draft) return {};
    const odd = malformed(state, key, draft.data);
    return Object.keys(odd).length > 0 || state.status !== 'completed'
      ? odd
      : missing(state, key, draft.data);
  }

  /** What the unsent text of a step started from; nothing where there is none. */
  startOf(key: string, stored: StepData): StepData | undefined {
    const draft = this.drafts.read(key);
    return draft && startOf(draft, stored);
  }

  /** What the form shows has been brought together with what the service has by now. */
  rebase(key: string, data: StepData): void {
    const draft = this.drafts.read(key);
    if (draft) this.drafts.keep(key, { ...draft, data });
  }

  has(key: string): boolean {
    return this.drafts.read(key) !== undefined;
  }

  /** The steps that have unsent text. */
  keys(): string[] {
    return this.drafts.keys().filter((key) => this.has(key));
  }

  /** Sends the draft of a step, as far as the service would take it. Nothing where there is none to send. */
  send(key: string, current: () => Promise<Onboarding>): Promise<Saved | undefined> {
    const prepare = async (): Promise<StepChange | undefined> => {
      const state = await current();
      this.setAside(state);
      const draft = this.drafts.read(key);
      if (!draft) return undefined;
      const data = sendable(state, key, draft.data, draft.base);
      const status = draftStatus(key, data, state);
      // A finished onboarding takes corrections, but no step that is open again: this text waits for its rest.
      const refused = state.status === 'completed' && status === 'in_progress';
      const stored = stepOf(state, key)?.data ?? {};
      // The service has it all: an earlier request arrived, and its answer was lost.
      const answered = isAnswered(draft, stored);
      if (answered && same(draft.data, stored)) this.drafts.drop(key);
      if (refused || (answered && same(data, stored))) return undefined;
      return this.changeOf(key, status, data, draft.base);
    };
    return this.saver.save(prepare, this.settle);
  }

  /** Sends a step, and settles its draft. Nothing where its questions have become others: its text is a draft then. */
  submit(
    { key, status, data, template }: Submission,
    current: () => Promise<Onboarding>,
  ): Promise<Saved | undefined> {
    const prepare = async (): Promise<StepChange | undefined> => {
      const state = await current();
      if (!isSameTemplate(state.template, template)) {
        this.setAside(state);
        return undefined;
      }
      return this.changeOf(key, status, data, stepOf(state, key)?.data ?? {});
    };
    return this.saver.save(prepare, this.settle);
  }

  /** Remembers what is being tried, so that an answer that gets lost is not taken for somebody else's change. */
  private changeOf(key: string, status: NewStatus, data: StepData, stored: StepData): StepChange {
    const draft = this.drafts.read(key);
    const base = draft?.base ?? stored;
    this.drafts.keep(key, { ...draft, data: draft?.data ?? data, base, tried: data });
    return { key, status, data, base, tried: draft?.tried };
  }

  private readonly settle = ({ key, data: sent }: StepChange, saved: Saved): void => {
    const draft = this.drafts.read(key);
    if (draft) {
      const confirmed = stepOf(saved.state, key)?.data ?? {};
      // What was typed while the request was on its way, laid over what is stored now.
      const { data } = merge(sent, draft.data, confirmed);
      if (same(data, confirmed)) this.drafts.drop(key);
      else this.drafts.keep(key, { data, base: confirmed, ...(draft.names ? { names: draft.names } : {}) });
    }
    this.setAside(saved.state);
  };
}

/** Whether no request is open that may have put something else in the place of `stored`. */
function isAnswered(draft: Draft | undefined, stored: StepData): boolean {
  return draft?.tried === undefined || same(draft.tried, stored);
}

/** A finished step that is edited stays finished while what it holds is complete. */
function draftStatus(key: string, data: StepData, state: Onboarding): NewStatus {
  const complete = Object.keys(missing(state, key, data)).length === 0;
  return stepOf(state, key)?.status === 'completed' && complete ? 'completed' : 'in_progress';
}
