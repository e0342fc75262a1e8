import { randomId } from './random-id';

/** The parts of `Storage` that are used here. */
export type KeyValue = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

interface Intent {
  key: string;
  fingerprint: string;
  at: number;
}

const SLOT = 'onboarding.intents';
/** The service keeps keys for 24 hours; an older one would be a new request to it. */
const LIFETIME_MS = 23 * 60 * 60 * 1000;
const CAPACITY = 32;

/**
 * Idempotency keys of requests whose answer has not come yet.
 *
 * A key is kept from before its request is sent until an answer is there, in storage, so that a page that was
 * reloaded (or a phone that lost its network) sends the same intention under the same key.
 * There is one intention for each target: a different body takes the place of the older one, so that a key
 * can never bring back an answer that something newer has overtaken.
 */
export class Intents {
  private readonly storage: KeyValue;
  private readonly now: () => number;

  constructor(storage: KeyValue, now: () => number = Date.now) {
    this.storage = storage;
    this.now = now;
  }

  /** The key under which `body` is to be sent to `target` (method and path). */
  keyFor(target: string, body: string): string {
    const all = this.read();
    const fingerprint = fingerprintOf(body);
    const known = all[target];
    if (known && known.fingerprint === fingerprint) return known.key;
    const key = randomId();
    this.write({ ...all, [target]: { key, fingerprint, at: this.now() } });
    return key;
  }

  /** The answer to `key` has come. A newer intention for the same target stays. */
  settle(target: string, key: string): void {
    const { [target]: intent, ...rest } = this.read();
    if (intent?.key === key) this.write(rest);
  }

  /** Forgets all of them: another person is at this page now. */
  clear(): void {
    this.storage.removeItem(SLOT);
  }

  private read(): Record<string, Intent> {
    try {
      const all = JSON.parse(this.storage.getItem(SLOT) ?? '{}') as Record<string, Intent>;
      const fresh = Object.entries(all).filter(([, intent]) => this.now() - intent.at < LIFETIME_MS);
      return Object.fromEntries(fresh);
    } catch {
      return {};
    }
  }

  private write(all: Record<string, Intent>): void {
    const newest = Object.entries(all)
      .toSorted(([, a], [, b]) => b.at - a.at)
      .slice(0, CAPACITY);
    try {
      this.storage.setItem(SLOT, JSON.stringify(Object.fromEntries(newest)));
    } catch {
      // A full or forbidden storage costs the reload-proof part only; the key still guards this request's retries.
    }
  }
}

/** Members that are never written down, not even as a digest that could be guessed at. */
const SECRETS = new Set([
  'password',
  'current_password',
  'new_password',
  'refresh_token',
  'access_token',
  'token',
  'code',
  'recovery_code',
  'challenge',
]);

/**
 * A short digest that tells two bodies of one page apart (53 bits, cyrb53; no protection, no secret inside).
 * It needs no secure context, unlike `crypto.subtle`.
 */
export function fingerprintOf(body: string): string {
  const text = withoutSecrets(body);
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

function withoutSecrets(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body, (name, value: unknown) => (SECRETS.has(name) ? null : value)));
  } catch {
    return body;
  }
}
