import type { QueryClient } from '@tanstack/react-query';
import { ApiError, isPassing } from '../api/problem';
import type { Onboarding } from '../api/types';
import { createStore, type Store } from '../app/store';
import type { DraftSync } from './draft-sync';
import { complete, newer, onboardingQuery, put } from './queries';
import { fresh, reduceWizard, type WizardEvent, type WizardState } from './save-state';
import { type NewStatus, type OnboardingCalls, type Saved, Saver } from './saver';
import { STEP_KEYS, type StepData, type StepKey } from './steps';

/** The calls of the saver, over the cache that the pages read from. */
export function callsOver(queries: QueryClient, userId: string): OnboardingCalls {
  const query = onboardingQuery(userId);
  const remember = (state: Onboarding): Onboarding =>
    queries.setQueryData<Onboarding>(query.queryKey, (known) => newer(known, state)) ?? state;
  return {
    state: () => queries.ensureQueryData(query),
    load: () => queries.fetchQuery({ ...query, staleTime: 0 }),
    put: async (change, version) => {
      // A read that is under way may be older than what this is about to store.
      await queries.cancelQueries({ queryKey: query.queryKey });
      return remember(await put(change, version));
    },
  };
}

/**
 * One person's way through the steps: keeps drafts, sends them, finishes steps, and says how saving goes.
 * Knows no React; `WizardProvider` gives it to the pages.
 */
export class Wizard {
  readonly status: Store<WizardState> = createStore(fresh);
  private readonly calls: OnboardingCalls;
  private readonly saver: Saver;
  private readonly sync: DraftSync;

  constructor(calls: OnboardingCalls, syncOver: (saver: Saver) => DraftSync) {
    this.calls = calls;
    this.saver = new Saver(calls);
    this.sync = syncOver(this.saver);
  }

  /** A step's form opens: what it shows at first. */
  open(key: StepKey, stored: StepData): StepData {
    const opening = this.sync.opening(key, stored);
    this.dispatch({ type: 'opened' });
    this.dispatch({ type: 'merged', notice: opening });
    return opening.data;
  }

  /** What a step's form is to show now, unsent text included. */
  content(key: StepKey, stored: StepData): StepData {
    return this.sync.opening(key, stored).data;
  }

  /** The person typed. */
  keep(key: StepKey, data: StepData, stored: StepData): void {
    this.sync.keep(key, data, stored);
    this.dispatch({ type: 'typed' });
  }

  hasDraft(key: StepKey): boolean {
    return this.sync.has(key);
  }

  /** A field or step was left: what is not sent yet goes out as a draft. Says what was merged. */
  async sendDraft(key: StepKey): Promise<Saved | undefined> {
    if (!this.sync.has(key)) return undefined;
    return this.tracked(key, () => this.sync.send(key, this.calls.state));
  }

  /** Sends every draft there is, of whatever step. False where the service was out of reach for one. */
  async sendAll(): Promise<boolean> {
    const reached = STEP_KEYS.map((key) => this.sendDraft(key).then(always, (error) => !isPassing(error)));
    return (await Promise.all(reached)).every(Boolean);
  }

  /** Finishes (or skips) a step with all that its form holds. */
  submit(key: StepKey, status: NewStatus, data: StepData): Promise<Saved | undefined> {
    return this.tracked(key, () => this.sync.submit(key, status, data, this.calls.state));
  }

  /** Completes the whole onboarding, after everything that is still on its way. */
  async finish(): Promise<void> {
    await this.saver.afterOthers(async () => {
      await complete();
      await this.calls.load();
    });
  }

  noticeRead(): void {
    this.dispatch({ type: 'notice_read' });
  }

  private async tracked(key: StepKey, save: () => Promise<Saved | undefined>): Promise<Saved | undefined> {
    this.dispatch({ type: 'sending' });
    try {
      const saved = await save();
      this.dispatch({ type: 'confirmed', at: Date.now(), newerText: this.sync.has(key) });
      if (saved?.merged) this.dispatch({ type: 'merged', notice: saved.merged });
      return saved;
    } catch (error) {
      if (isPassing(error)) this.dispatch({ type: 'unreachable' });
      else this.dispatch({ type: 'refused', message: refusal(error) });
      throw error;
    }
  }

  private dispatch(event: WizardEvent): void {
    this.status.set(reduceWizard(this.status.get(), event));
  }
}

const always = (): boolean => true;

function refusal(error: unknown): string {
  return error instanceof ApiError && error.status !== 422
    ? error.message
    : 'Some of this needs another look.';
}
