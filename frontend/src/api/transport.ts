import { browserOnline, noteAnswer, noteTrouble, noteWait } from './connection';
import type { NeededProofBody, Problem } from '../generated';
import type { CallSpan, Traces } from '../traces';
import type { Intents } from './intents';
import { retryAfterSeconds, Unreachable } from './problem';
import { isOutage, type Outcome, retryDelay } from './retry';

export interface TransportParts {
  intents: Intents;
  /** The access token to send, renewed first where it is about to end. */
  accessToken(): Promise<string | undefined>;
  /** Called where the service refused `token`; gives another one, or nothing where the session is over. */
  renew(token: string): Promise<string | undefined>;
  /** Has the person prove once more that it is them. False where they would rather not. */
  prove?(needed: NeededProofBody): Promise<boolean>;
  /** Tells of each try, where that is wanted. */
  traces?: Traces;
  /** Called when a try has just left. */
  onSent?(): void;
  /** Waits; replaced in tests. */
  sleep?(ms: number): Promise<void>;
  fetch?: typeof fetch;
}

/** Longer than the balancer's limit for a request with all its tries (60 s), and the page's server's (75 s). */
const TRY_TIMEOUT_MS = 90_000;
const READS = new Set(['GET', 'HEAD']);

/**
 * `fetch` for the generated client. Outermost first:
 * where the service wants a fresh proof of who asks, the person is asked for it, and the call is made anew →
 * a mutation gets its idempotency key → the access token is added, and renewed once where it is refused →
 * the request is tried again, under the same key, while the way to the service is broken.
 */
export function createTransport(parts: TransportParts): (request: Request) => Promise<Response> {
  return async (request) => {
    const response = await asked(request, parts);
    const needed = await proofFor(request, response);
    return needed && (await parts.prove?.(needed)) ? asked(request, parts) : response;
  };
}

async function asked(request: Request, parts: TransportParts): Promise<Response> {
  if (READS.has(request.method)) return authorized(request, undefined, parts);
  const body = await request.clone().text();
  const target = `${request.method} ${new URL(request.url).pathname}`;
  const response = await keyed(request, body, target, parts);
  // The key once went with another body: what differs is a secret, which no fingerprint contains.
  const reused = response.status === 422 && (await problemOf(response)).code === 'idempotency_key_reused';
  return reused ? keyed(request, body, target, parts) : response;
}

/** The proof that the service wants first; nothing where it wants none, or where this call was one. */
async function proofFor(request: Request, response: Response): Promise<NeededProofBody | undefined> {
  if (response.status !== 403 || new URL(request.url).pathname === '/api/auth/step-up') return undefined;
  const { code, step_up } = await problemOf(response);
  return code === 'step_up_required' ? step_up : undefined;
}

async function keyed(request: Request, body: string, target: string, parts: TransportParts) {
  const key = parts.intents.keyFor(target, body);
  const response = await authorized(withHeader(request, 'Idempotency-Key', key), body, parts);
  if (isFinal(response.status)) parts.intents.settle(target, key);
  return response;
}

/** What the service keeps as the answer to a key, or what had no effect and can be asked anew. */
export function isFinal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 429;
}

async function authorized(request: Request, body: string | undefined, parts: TransportParts) {
  if (PUBLIC.has(new URL(request.url).pathname)) return tried(request, body, parts);
  const token = await parts.accessToken();
  if (token === undefined) return tried(request, body, parts);
  const response = await tried(withHeader(request, 'Authorization', `Bearer ${token}`), body, parts);
  if (response.status !== 401 || NOT_THE_TOKEN.test((await problemOf(response)).code ?? '')) return response;
  const renewed = await parts.renew(token);
  if (renewed === undefined) return response;
  return tried(withHeader(request, 'Authorization', `Bearer ${renewed}`), body, parts);
}

/** Refusals of what was typed or signed: another token would change nothing, and a second try would count as one. */
const NOT_THE_TOKEN = /^(invalid_credentials|invalid_second_factor|unknown_passkey|passkey_\w+)$/;

/** Calls that make a session, or that whoever asks has lost it for, so they carry none. */
const PUBLIC = new Set([
  '/api/auth/register',
  '/api/auth/login',
  '/api/auth/login/second-factor',
  '/api/auth/login/passkey',
  '/api/auth/refresh',
  '/api/auth/password/forgot',
  '/api/auth/password/reset',
  '/api/static-data',
]);

async function tried(request: Request, body: string | undefined, parts: TransportParts): Promise<Response> {
  const sleep = parts.sleep ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const repeatable = READS.has(request.method) || request.headers.has('Idempotency-Key');
  for (let attempt = 1; ; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one try after another is the point
    const span = await parts.traces?.begin(request, attempt);
    // oxlint-disable-next-line no-await-in-loop
    const result = await once(request, body, span, parts);
    if (result instanceof Response) {
      noteAnswer(result);
      parts.traces?.note(result);
    }
    if (result instanceof Response && !isOutage(result.status)) return result;
    const delay = retryDelay({ attempt, outcome: outcomeOf(result), repeatable });
    noteTrouble(delay === undefined);
    if (delay === undefined) return standing(result);
    // oxlint-disable-next-line no-await-in-loop
    await sleep(delay);
    // oxlint-disable-next-line no-await-in-loop
    await browserOnline(request.signal);
  }
}

function standing(result: Response | Failure): Response {
  if (result instanceof Response) return result;
  throw new Unreachable(result.failure);
}

interface Failure {
  failure: unknown;
}

/** One try, its answer read to the end: an answer that breaks off half-way is no answer. */
async function once(
  request: Request,
  body: string | undefined,
  span: CallSpan | undefined,
  { fetch: send = fetch, onSent }: TransportParts,
): Promise<Response | Failure> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TRY_TIMEOUT_MS)]);
  const headers = new Headers(request.headers);
  if (span) headers.set('traceparent', span.traceparent);
  const over = noteWait();
  try {
    const answer = send(request.url, {
      method: request.method,
      headers,
      credentials: 'same-origin',
      signal,
      ...(body ? { body } : {}),
    });
    onSent?.();
    const response = await answer;
    const content = await response.arrayBuffer();
    const { status, statusText } = response;
    span?.answered(status);
    return new Response(content.byteLength > 0 ? content : null, {
      status,
      statusText,
      headers: response.headers,
    });
  } catch (failure) {
    span?.failed(failure);
    if (request.signal.aborted) throw failure;
    return { failure };
  } finally {
    over();
  }
}

function outcomeOf(result: Response | Failure): Outcome {
  if (!(result instanceof Response)) return { kind: 'no_answer' };
  return { kind: 'answer', status: result.status, retryAfter: retryAfterSeconds(result.headers) };
}

function withHeader(request: Request, name: string, value: string): Request {
  const headers = new Headers(request.headers);
  headers.set(name, value);
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.clone().json()) as Partial<Problem>;
  } catch {
    return {};
  }
}
