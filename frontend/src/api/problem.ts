import type { AskedFactorBody, Problem } from '../generated';

/** The service answered, and its answer is a refusal (RFC 9457 problem details). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** Messages by field, as the service names them. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Seconds to wait before asking again, where the service says so. */
  readonly retryAfter: number | undefined;
  /** How a log-in goes on whose password was right. */
  readonly secondFactor: AskedFactorBody | undefined;

  constructor(status: number, problem: Partial<Problem>, headers: Headers) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.request_id ?? headers.get('x-request-id') ?? undefined;
    this.fields = (problem.errors as Record<string, string[]> | undefined) ?? {};
    this.retryAfter = retryAfterSeconds(headers);
    this.secondFactor = problem.second_factor;
  }
}

/** No answer came: the network, the balancer or every instance is out of reach. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(cause: unknown) {
    super('The service cannot be reached right now.', { cause });
  }
}

/** True where asking again later may well succeed. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429 || error.status === 408);
}

/** `Retry-After` in seconds, given as a number or a date (RFC 9110, section 10.2.3). */
export function retryAfterSeconds(headers: Headers, now = Date.now()): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** Reads a problem from an answer's parsed body, whatever that turned out to be. */
export function toApiError(body: unknown, response: Response): ApiError {
  const problem = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  return new ApiError(response.status, problem, response.headers);
}
