import type { NamedValues } from '../api/storage';
import type { StepData } from './steps';

/** What a person typed and the service has not confirmed yet. */
export interface Draft {
  data: StepData;
  /** The service's data when this draft began, for a merge. */
  base: StepData;
  /** What was last sent with no answer: if the service has it, nobody else put it there. */
  tried?: StepData;
  /** When it was typed, in milliseconds since the epoch. */
  at?: number;
  /** What its members were called then, and under `''` the step: nothing else knows it once they are asked no more. */
  names?: Record<string, string>;
}

/** A text that was typed in a tab that is gone, where this one has another for the same member. */
export interface LeftText {
  field: string;
  text: unknown;
  /** What the question was called then. */
  name?: string;
}

/** A text that was typed to a question that is asked no more. */
export interface GoneText {
  /** What the question was called. */
  name: string;
  text: unknown;
}

export interface OthersDraft {
  key: string;
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
  private readonly mine = new Map<string, Draft>();

  constructor(storage: NamedValues, userId: string, tab: string) {
    this.storage = storage;
    this.userId = userId;
    this.tab = tab;
  }

  read(key: string): Draft | undefined {
    return this.mine.get(key) ?? asDraft(this.load(this.slotOf(key, this.tab)));
  }

  keep(key: string, draft: Draft): void {
    const dated = { ...draft, at: Date.now() };
    this.mine.set(key, dated);
    this.store(this.slotOf(key, this.tab), dated);
  }

  drop(key: string): void {
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
  left(key: string): LeftText[] {
    const texts = this.load(this.leftSlotOf(key));
    return Array.isArray(texts) ? (texts as LeftText[]) : [];
  }

  /** The steps of which closed tabs have left such texts. */
  leftKeys(): string[] {
    const start = `${LEFT}.${this.userId}.`;
    return this.storage
      .names()
      .filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length));
  }

  leave(key: string, texts: LeftText[]): void {
    this.storeList(this.leftSlotOf(key), texts);
  }

  /** Texts without a question that the person has not seen yet. */
  gone(): GoneText[] {
    const texts = this.load(this.goneSlot());
    return Array.isArray(texts) ? (texts as GoneText[]) : [];
  }

  setGone(texts: GoneText[]): void {
    this.storeList(this.goneSlot(), texts);
  }

  /** The steps of which this tab has a draft. */
  keys(): string[] {
    const kept = this.slots().filter(({ tab }) => tab === this.tab);
    return [...new Set([...this.mine.keys(), ...kept.map(({ key }) => key)])];
  }

  /** Of this person, whatever tab they are of. */
  clear(): void {
    this.mine.clear();
    const owned = `.${this.userId}.`;
    for (const name of this.storage.names()) {
      if ([DRAFT, LEFT, GONE].some((kind) => name.startsWith(kind + owned))) this.storage.removeItem(name);
    }
  }

  private slots(): Array<{ name: string; key: string; tab: string }> {
    const start = `${DRAFT}.${this.userId}.`;
    return this.storage.names().flatMap((name) => {
      const [key, tab = ''] = name.startsWith(start) ? name.slice(start.length).split('.') : [];
      return key ? [{ name, key, tab }] : [];
    });
  }

  private slotOf(key: string, tab: string): string {
    return [DRAFT, this.userId, key, ...(tab === '' ? [] : [tab])].join('.');
  }

  private leftSlotOf(key: string): string {
    return [LEFT, this.userId, key].join('.');
  }

  private goneSlot(): string {
    return [GONE, this.userId, 'texts'].join('.');
  }

  private storeList(name: string, texts: readonly unknown[]): void {
    if (texts.length === 0) this.storage.removeItem(name);
    else this.store(name, texts);
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
const GONE = 'onboarding.gone';

/** What a member was called when it was typed: by its step and its own name. */
export function nameIn({ names }: Draft, member: string): string {
  return [names?.[''], names?.[member] ?? member].filter(Boolean).join(': ');
}

function asDraft(value: unknown): Draft | undefined {
  const draft = value as Draft | null | undefined;
  return draft && typeof draft.data === 'object' && typeof draft.base === 'object' ? draft : undefined;
}
