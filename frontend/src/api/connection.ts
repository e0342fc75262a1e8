import { createStore } from '../app/store';

/**
 * How the line to the service is: `reconnecting` while a request is being tried again,
 * `unreachable` once the tries are used up, `offline` where the browser itself says so.
 */
export type Connection = 'online' | 'reconnecting' | 'unreachable' | 'offline';

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
  if (response.status < 500 && navigator.onLine) connection.set('online');
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
}

function startingState(): Connection {
  return typeof navigator !== 'undefined' && navigator.onLine === false ? 'offline' : 'online';
}
