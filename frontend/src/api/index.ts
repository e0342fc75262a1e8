import { client } from '../generated/client.gen';
import { Intents } from './intents';
import { ApiError, toApiError, Unreachable } from './problem';
import { storage } from './storage';
import { createTransport, type TransportParts } from './transport';

export const intents = new Intents(storage);

/** Puts our transport under the generated client. Called once, before anything is asked. */
export function connectClient(parts: Omit<TransportParts, 'intents'>): void {
  client.setConfig({
    baseUrl: window.location.origin,
    fetch: createTransport({ ...parts, intents }) as typeof fetch,
  });
  client.interceptors.error.use((error, response) => {
    if (error instanceof Unreachable || error instanceof DOMException) return error;
    return response ? toApiError(error, response) : error;
  });
}

interface Result<T> {
  data?: T | undefined;
  error?: unknown;
}

/** The data of a call of the generated client, or its error thrown (`ApiError`, `Unreachable`). */
export async function unwrap<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, error } = await call;
  if (error !== undefined) throw error;
  return data as T;
}

/** As `unwrap` for what takes something away: where that is gone already (`code`), all is as it was to be. */
export async function unwrapGone(call: Promise<Result<unknown>>, code: string): Promise<void> {
  const { error } = await call;
  if (error !== undefined && !(error instanceof ApiError && error.code === code)) throw error;
}
