import { ApiError } from '../api/problem';
import type { Onboarding } from '../api/types';
import { merge, type Merged, same } from './merge';
import { isSilent } from './save-state';
import { type StepData, stepOf } from './steps';
import { isSameTemplate } from './template';

export type NewStatus = 'in_progress' | 'completed' | 'skipped';

export interface StepChange {
  key: string;
  status: NewStatus;
  data: StepData;
  /** The service's data that `data` started from. */
  base: StepData;
  /** What an earlier, unanswered request carried, where there was one. */
  tried?: StepData | undefined;
}

/** The calls that the saver makes; the state they give is the newest that is known. */
export interface OnboardingCalls {
  state(): Promise<Onboarding>;
  load(): Promise<Onboarding>;
  put(change: StepChange, version: number): Promise<Onboarding>;
}

export interface Saved {
  state: Onboarding;
  /** What was stored, after a merge where one was needed. */
  data: StepData;
  merged: Merged | undefined;
}

/** Somebody who keeps saving the same step wins after this many merges. */
const MERGES = 4;

/**
 * Sends changes one after another, each with the version that the one before it gave (`If-Match`).
 * Where the service has moved on (412) it loads what is there, merges, and sends the merged data.
 */
export class Saver {
  private readonly calls: OnboardingCalls;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(calls: OnboardingCalls) {
    this.calls = calls;
  }

  /**
   * `prepare` is asked for the change when its turn has come, so it sees what the changes before it led to, and once
   * more where the person was moved to another version of the template meanwhile; `settle` hears of the answer before
   * the next one's turn.
   */
  save(
    prepare: () => StepChange | undefined | Promise<StepChange | undefined>,
    settle: (change: StepChange, saved: Saved) => void,
  ): Promise<Saved | undefined> {
    return this.afterOthers(async () => {
      for (let moves = 0; moves < 2; moves += 1) {
        // oxlint-disable-next-line no-await-in-loop -- the second change is made of what the first one met
        const change = await prepare();
        if (!change) return undefined;
        // oxlint-disable-next-line no-await-in-loop
        const saved = await this.send(change);
        if (!saved) continue;
        settle(change, saved);
        return saved;
      }
      return undefined;
    });
  }

  /** Runs `task` when all changes handed over before it have been answered. */
  afterOthers<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(task, task);
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Nothing where the questions have become others: answers to those of before would take the place of newer ones. */
  private async send(change: StepChange): Promise<Saved | undefined> {
    const known = await this.calls.state();
    let { version } = known;
    // What has come meanwhile from other tabs and devices is not to be put back by this change.
    const start = broughtUpTo(change, stepOf(known, change.key)?.data ?? {});
    let { current } = start;
    let { merged } = start;
    for (let round = 0; ; round += 1) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- each round builds on the answer of the one before
        const state = await this.calls.put(current, version);
        return { state, data: current.data, merged };
      } catch (error) {
        if (!isStale(error) || round >= MERGES) throw error;
        // oxlint-disable-next-line no-await-in-loop
        const there = await this.calls.load();
        if (!isSameTemplate(known.template, there.template)) return undefined;
        version = there.version;
        const next = broughtUpTo(current, stepOf(there, change.key)?.data ?? {});
        current = next.current;
        if (next.merged) merged = combine(merged, next.merged);
      }
    }
  }
}

/** The change with what is stored now under it, and what came of that; nothing where there was nothing to bring together. */
function broughtUpTo(change: StepChange, theirs: StepData): { current: StepChange; merged?: Merged } {
  const merged = merge(startOf(change, theirs), change.data, theirs);
  const current = { ...change, data: merged.data, base: theirs };
  return isSilent(merged) ? { current } : { current, merged };
}

function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}

/** What both sides started from: an answer that was lost on its way is no change by somebody else. */
export function startOf({ base, tried }: Pick<StepChange, 'base' | 'tried'>, theirs: StepData): StepData {
  return tried && same(tried, theirs) ? theirs : base;
}

function combine(before: Merged | undefined, now: Merged): Merged {
  if (!before) return now;
  const conflicts = before.conflicts.filter((c) => !now.conflicts.some((n) => n.field === c.field));
  return {
    data: now.data,
    taken: [...new Set([...before.taken, ...now.taken])],
    conflicts: [...conflicts.filter((c) => !same(c.mine, c.theirs)), ...now.conflicts],
  };
}
