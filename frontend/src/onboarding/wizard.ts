import { t } from '@lingui/core/macro';
import type { QueryClient } from '@tanstack/react-query';
import { ApiError, isPassing } from '../api/problem';
import { failureOf } from '../api/words';
import type { Onboarding } from '../api/types';
import { createStore, type Store } from '../app/store';
import type { FieldErrors } from './checks';
import type { DraftSync, Submission } from './draft-sync';
import type { GoneText } from './drafts';
import { merge } from './merge';
import { complete, newer, onboardingQuery, put } from './queries';
import { fresh, reduceWizard, type WizardEvent, type WizardState } from './save-state';
import { type OnboardingCalls, type Saved, Saver } from './saver';
import type { StepData } from './steps';
import { tellStored } from './tab-news';
import { isSameTemplate } from './template';
import { labelOfField } from './words';

/** The calls of the saver, over the cache that the pages read from. */
export function callsOver(queries: QueryClient, userId: string): OnboardingCalls {
  const query = onboardingQuery(userId);
  const remember = (state: Onboarding): Onboarding => {
    tellStored(userId, state);
    return queries.setQueryData<Onboarding>(query.queryKey, (known) => newer(known, state)) ?? state;
  };
  const load = (): Promise<Onboarding> => queries.fetchQuery({ ...query, staleTime: 0 });
  return {
    state: () => queries.ensureQueryData(query),
    load,
    put: async (change, version) => {
      // A read that is under way may be older than what this is about to store.
      await queries.cancelQueries({ queryKey: query.queryKey });
      const known = queries.getQueryData(query.queryKey)?.template;
      const answer = await put(change, version);
      // The answer names the template; what it asks is known, unless it is another one by now.
      if (!known || !isSameTemplate(known, answer.template)) return remember(await load());
      return remember({ ...answer, template: known });
    },
  };
}

/** What a form has to do with that the service has something new. */
interface Arrival {
  /** What it was filled with. */
  filled: StepData;
  /** What it shows. */
  shown: StepData;
  /** What the service has by now. */
  stored: StepData;
  /** The same with what the form shows for what is not stored. */
  there: StepData;
  /** Members that were typed in this form. */
  typed: ReadonlySet<string>;
}

/**
 * One person's way through the steps: keeps drafts, sends them, finishes steps, and says how saving goes.
 * Knows no React; `WizardProvider` gives it to the pages.
 */
export class Wizard {
  readonly status: Store<WizardState> = createStore(fresh);
  /** Grows whenever a draft has got something that was typed in another tab. */
  readonly adopted: Store<number> = createStore(0);
  /** What was typed to questions that are asked no more, and has not been read. */
  readonly gone: Store<readonly GoneText[]>;
  private readonly calls: OnboardingCalls;
  private readonly saver: Saver;
  private readonly sync: DraftSync;

  constructor(calls: OnboardingCalls, syncOver: (saver: Saver) => DraftSync) {
    this.calls = calls;
    this.saver = new Saver(calls);
    this.sync = syncOver(this.saver);
    this.gone = createStore(this.sync.gone());
  }

  /** A step's form opens (once more, where a closed tab's text has come in): what it shows at first. */
  open(key: string, stored: StepData, again = false): StepData {
    const opening = this.sync.opening(key, stored);
    if (!again) this.dispatch({ type: 'opened' });
    this.dispatch({ type: 'merged', notice: { ...opening, left: this.sync.left(key) } });
    return opening.data;
  }

  /**
   * The service has something new for a step whose form is open. Gives what the form is to show now: all that was
   * typed here and is not stored yet stays. What was stored and is now replaced is told.
   */
  arrive(key: string, { filled, shown, stored, there, typed }: Arrival): StepData {
    const start = this.sync.startOf(key, stored);
    // Unsent text differs from where it started, even where it is again what the form was filled with.
    const base = start ? { ...shown, ...pick(shown, start, typed) } : filled;
    const { data, taken } = merge(base, shown, there);
    this.sync.rebase(key, data);
    const replaced = taken.filter((field) => typed.has(field));
    const told = replaced.map((field) => ({ field, mine: shown[field], theirs: there[field] }));
    this.dispatch({ type: 'merged', notice: { replaced: told } });
    return data;
  }

  /** Takes over what closed tabs left, or, with `all`, whatever any tab of this browser has not sent. */
  takeOver(live: ReadonlySet<string> | undefined, all = false): void {
    const steps = this.sync.adopt(live, all);
    if (steps.size > 0) this.adopted.set(this.adopted.get() + 1);
  }

  /** What a step's form is to show now, unsent text included. */
  content(key: string, stored: StepData): StepData {
    return this.sync.opening(key, stored).data;
  }

  /** The person typed; `names` says what the members are called. */
  keep(key: string, data: StepData, stored: StepData, names?: Record<string, string>): void {
    this.sync.keep(key, data, stored, names);
    this.dispatch({ type: 'typed' });
  }

  hasDraft(key: string): boolean {
    return this.sync.has(key);
  }

  /** A field or step was left: what is not sent yet goes out as a draft. Says what was merged. */
  async sendDraft(key: string): Promise<Saved | undefined> {
    if (!this.sync.has(key)) return undefined;
    const saved = await this.tracked(key, () => this.sync.send(key, this.calls.state));
    const state = await this.calls.state();
    const kept = this.sync.keptBack(key, state);
    if (Object.keys(kept).length > 0)
      this.dispatch({ type: 'kept_back', message: wordsFor(state, key, kept) });
    return saved;
  }

  /** Why what was typed is not stored, by member. */
  async keptBack(key: string): Promise<FieldErrors> {
    return this.sync.keptBack(key, await this.calls.state());
  }

  /** Sends every draft there is, of whatever step. False where the service was out of reach for one. */
  async sendAll(): Promise<boolean> {
    const reached = this.sync
      .keys()
      .map((key) => this.sendDraft(key).then(always, (error) => !isPassing(error)));
    return (await Promise.all(reached)).every(Boolean);
  }

  /** Finishes (or skips) a step with all that its form holds. Nothing where its questions have become others. */
  submit(submission: Submission): Promise<Saved | undefined> {
    return this.tracked(submission.key, () => this.sync.submit(submission, this.calls.state));
  }

  /** The page shows `state`: what was typed to questions that it does not ask is told. */
  meet(state: Onboarding): void {
    this.sync.setAside(state);
    this.tellGone();
  }

  goneRead(): void {
    this.sync.goneRead();
    this.tellGone();
  }

  /** Completes the whole onboarding, after everything that is still on its way. */
  async finish(): Promise<void> {
    await this.saver.afterOthers(async () => {
      await complete();
      await this.calls.load();
    });
  }

  noticeRead(key: string): void {
    this.sync.leftRead(key);
    this.dispatch({ type: 'notice_read' });
  }

  private async tracked(key: string, save: () => Promise<Saved | undefined>): Promise<Saved | undefined> {
    this.dispatch({ type: 'sending' });
    try {
      const saved = await save();
      this.tellGone();
      this.dispatch({ type: 'confirmed', at: Date.now(), newerText: this.sync.has(key) });
      if (saved?.merged) this.dispatch({ type: 'merged', notice: saved.merged });
      return saved;
    } catch (error) {
      if (isPassing(error)) this.dispatch({ type: 'unreachable' });
      else this.dispatch({ type: 'refused', message: refusal(error) });
      throw error;
    }
  }

  private tellGone(): void {
    const texts = this.sync.gone();
    if (texts.length > 0 || this.gone.get().length > 0) this.gone.set(texts);
  }

  private dispatch(event: WizardEvent): void {
    this.status.set(reduceWizard(this.status.get(), event));
  }
}

function wordsFor(state: Onboarding, key: string, kept: FieldErrors): string {
  const fields = Object.keys(kept)
    .map((field) => labelOfField(state, key, field))
    .join(', ');
  return t`Not saved yet: ${fields}`;
}

/** Of the members of `shown` that were typed: what they were in `start`. */
function pick(shown: StepData, start: StepData, typed: ReadonlySet<string>): StepData {
  const fields = Object.keys({ ...shown, ...start }).filter((field) => typed.has(field));
  return Object.fromEntries(fields.map((field) => [field, start[field]]));
}

const always = (): boolean => true;

function refusal(error: unknown): string {
  const told = error instanceof ApiError && error.status !== 422 ? failureOf(error) : undefined;
  return told?.words ?? t`Some of this needs another look.`;
}
