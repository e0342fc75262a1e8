import type { NamedValues } from '../api/storage';
import { isStepKey, type StepData, type StepKey } from './steps';

/** What a person typed and the service has not confirmed yet. */
export interface Draft {
  data: StepData;
  /** The service's data when this draft began, for a merge. */
  base: StepData;
  /** What was last sent with no answer: if the service has it, nobody else put it there. */
  tried?: StepData;
  /** When it was typed, in milliseconds since the epoch. */
  at?: number;
}

/** A text that was typed in a tab that is gone, where this one has another for the same member. */
export interface LeftText {
  field: string;
  text: unknown;
}

export interface OthersDraft {
  key: StepKey;
  /** Empty for one of an earlier version of the page, which knew no tabs. */
  tab: string;
  draft: Draft;
}

/**
 * Unsent text, kept in this browser for one person: it survives a reload, a crash and an outage.
 * Each tab has drafts of its own, so that what is typed in one never takes the place of another's.
 */
export class Drafts {
  private readonly storage: NamedValues;
  private readonly userId: string;
  private readonly tab: string;
  /** Of this tab, for the case that the storage is full. */
  private readonly mine = new Map<StepKey, Draft>();

  constructor(storage: NamedValues, userId: string, tab: string) {
    this.storage = storage;
    this.userId = userId;
    this.tab = tab;
  }

  read(key: StepKey): Draft | undefined {
    return this.mine.get(key) ?? asDraft(this.load(this.slotOf(key, this.tab)));
  }

  keep(key: StepKey, draft: Draft): void {
    const dated = { ...draft, at: Date.now() };
    this.mine.set(key, dated);
    this.store(this.slotOf(key, this.tab), dated);
  }

  drop(key: StepKey): void {
    this.mine.delete(key);
    this.storage.removeItem(this.slotOf(key, this.tab));
  }

  /** The drafts of other tabs, open or not. */
  others(): OthersDraft[] {
    return this.slots().flatMap(({ name, key, tab }) => {
      const draft = tab === this.tab ? undefined : asDraft(this.load(name));
      return draft ? [{ key, tab, draft }] : [];
    });
  }

  dropOther({ key, tab }: OthersDraft): void {
    this.storage.removeItem(this.slotOf(key, tab));
  }

  /** Texts of closed tabs that the person has not seen yet. */
  left(key: StepKey): LeftText[] {
    const texts = this.load(this.leftSlotOf(key));
    return Array.isArray(texts) ? (texts as LeftText[]) : [];
  }

  leave(key: StepKey, texts: LeftText[]): void {
    if (texts.length === 0) this.storage.removeItem(this.leftSlotOf(key));
    else this.store(this.leftSlotOf(key), texts);
  }

  /** Of this person, whatever tab they are of. */
  clear(): void {
    this.mine.clear();
    const owned = `.${this.userId}.`;
    for (const name of this.storage.names()) {
      const draft = name.startsWith(DRAFT + owned) || name.startsWith(LEFT + owned);
      if (draft) this.storage.removeItem(name);
    }
  }

  private slots(): Array<{ name: string; key: StepKey; tab: string }> {
    const start = `${DRAFT}.${this.userId}.`;
    return this.storage.names().flatMap((name) => {
      const [key, tab = ''] = name.startsWith(start) ? name.slice(start.length).split('.') : [];
      return isStepKey(key) ? [{ name, key, tab }] : [];
    });
  }

  private slotOf(key: StepKey, tab: string): string {
    return [DRAFT, this.userId, key, ...(tab === '' ? [] : [tab])].join('.');
  }

  private leftSlotOf(key: StepKey): string {
    return [LEFT, this.userId, key].join('.');
  }

  private load(name: string): unknown {
    try {
      return JSON.parse(this.storage.getItem(name) ?? 'null');
    } catch {
      return undefined;
    }
  }

  private store(name: string, value: unknown): void {
    try {
      this.storage.setItem(name, JSON.stringify(value));
    } catch {
      // A full storage costs the reload-proof part only: the text is in memory, and is sent from there.
    }
  }
}

const DRAFT = 'onboarding.draft';
const LEFT = 'onboarding.left';

function asDraft(value: unknown): Draft | undefined {
  const draft = value as Draft | null | undefined;
  return draft && typeof draft.data === 'object' && typeof draft.base === 'object' ? draft : undefined;
}
