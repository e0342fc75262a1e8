import type { KeyValue } from '../api/intents';
import { STEP_KEYS, type StepData, type StepKey } from './steps';

/** What a person typed and the service has not confirmed yet. */
export interface Draft {
  data: StepData;
  /** The service's data when this draft began, for a merge. */
  base: StepData;
  /** What was last sent with no answer: if the service has it, nobody else put it there. */
  tried?: StepData;
}

const slotOf = (userId: string, key: StepKey): string => `onboarding.draft.${userId}.${key}`;

/** Unsent text, kept in this browser for one person: it survives a reload, a crash and an outage. */
export class Drafts {
  private readonly storage: KeyValue;
  private readonly userId: string;

  constructor(storage: KeyValue, userId: string) {
    this.storage = storage;
    this.userId = userId;
  }

  read(key: StepKey): Draft | undefined {
    try {
      const draft = JSON.parse(this.storage.getItem(slotOf(this.userId, key)) ?? 'null') as Draft | null;
      return draft && typeof draft.data === 'object' && typeof draft.base === 'object' ? draft : undefined;
    } catch {
      return undefined;
    }
  }

  keep(key: StepKey, draft: Draft): void {
    try {
      this.storage.setItem(slotOf(this.userId, key), JSON.stringify(draft));
    } catch {
      // Without storage the text is still in the form, and is sent from there.
    }
  }

  drop(key: StepKey): void {
    this.storage.removeItem(slotOf(this.userId, key));
  }

  clear(): void {
    for (const key of STEP_KEYS) this.drop(key);
  }
}
