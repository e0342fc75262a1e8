import { createStore } from '../app/store';

/**
 * How the line to the service is: `slow` while a request has been without an answer for long, `reconnecting` while one
 * is being tried again, `unreachable` once the tries are used up, `offline` where the browser itself says so.
 */
export type Connection = 'online' | 'slow' | 'reconnecting' | 'unreachable' | 'offline';

/** A person who waits longer than this is told what goes on. */
export const SLOW_MS = 4_000;
/** While the service is out of reach it is asked so often whether it is back. */
const ASK_MS = 5_000;

export const connection = createStore<Connection>(startingState());

/** Which instance gave the last answer, for the footer. */
export interface Answerer {
  instance: string;
  requestId: string | undefined;
}

export const lastAnswerer = createStore<Answerer | undefined>(undefined);

export function noteAnswer(response: Response): void {
  const instance = response.headers.get('x-served-by') ?? response.headers.get('x-instance-id');
  if (instance !== null) {
    lastAnswerer.set({ instance, requestId: response.headers.get('x-request-id') ?? undefined });
  }
  // An answer that was on its way when the network went is no sign that it is back.
  if (response.status < 500 && navigator.onLine) connection.set(slow > 0 ? 'slow' : 'online');
}

let slow = 0;

/** Watches a request that has just been sent. What it gives is to be called when the request is over. */
export function noteWait(): () => void {
  let counted = false;
  const timer = setTimeout(() => {
    counted = true;
    slow += 1;
    if (connection.get() === 'online') connection.set('slow');
  }, SLOW_MS);
  return () => {
    clearTimeout(timer);
    if (!counted) return;
    slow -= 1;
    if (slow === 0 && connection.get() === 'slow') connection.set('online');
  };
}

export function noteTrouble(exhausted: boolean): void {
  if (!navigator.onLine) connection.set('offline');
  else connection.set(exhausted ? 'unreachable' : 'reconnecting');
}

/** Resolves at once while the browser is online, else when it says that it is again. */
export async function browserOnline(signal?: AbortSignal): Promise<void> {
  if (navigator.onLine) return;
  await new Promise<void>((resolve, reject) => {
    window.addEventListener('online', () => resolve(), { once: true });
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function watchConnection(): void {
  window.addEventListener('offline', () => connection.set('offline'));
  window.addEventListener('online', () => connection.set('online'));
  connection.subscribe(askWhileUnreachable);
}

let asking: ReturnType<typeof setInterval> | undefined;

/** Not every page has something to send again, by which it would learn that the service is back. */
function askWhileUnreachable(): void {
  const away = connection.get() === 'unreachable';
  if (away) asking ??= setInterval(() => void ask(), ASK_MS);
  else if (asking !== undefined) {
    clearInterval(asking);
    asking = undefined;
  }
}

async function ask(): Promise<void> {
  try {
    noteAnswer(await fetch('/api/health', { signal: AbortSignal.timeout(ASK_MS) }));
  } catch {
    // Still away.
  }
}

function startingState(): Connection {
  return typeof navigator !== 'undefined' && navigator.onLine === false ? 'offline' : 'online';
}
