import { i18n } from '@lingui/core';
import { plural, t } from '@lingui/core/macro';
import { ApiError, isPassing } from './problem';

/** What went wrong, as the page says it. */
export interface Failure {
  words: string;
  /** By which whoever runs the service finds the request. */
  requestId?: string | undefined;
  /** True where the service was out of reach: over once it answers again. */
  outage?: boolean;
  /** Seconds until what was refused may be tried again. */
  wait?: number | undefined;
}

/**
 * The only place that turns an error into words. `afterOutage` says what to do once the service is back.
 * Nothing for what neither the service nor the network has said: that is a fault of this page, for the error page.
 */
export function failureOf(
  error: unknown,
  afterOutage = t`Nothing is lost: please try again in a moment.`,
): Failure | undefined {
  const words = wordsFor(error, afterOutage);
  if (words === undefined) return undefined;
  const told = error instanceof ApiError ? error : undefined;
  const throttled = told?.status === 429;
  return {
    words,
    requestId: told?.requestId,
    outage: isPassing(error) && !throttled,
    wait: throttled ? told.retryAfter : undefined,
  };
}

function wordsFor(error: unknown, afterOutage: string): string | undefined {
  if (error instanceof ApiError && error.status === 429) {
    const wait = waitOf(error.retryAfter);
    return t`There were many tries in a short time. Please try again ${wait}.`;
  }
  if (error instanceof ApiError && error.code === 'step_up_required') {
    return t`Nothing was changed: this needs a proof that it is you.`;
  }
  if (isPassing(error)) return `${t`We could not reach the service.`} ${afterOutage}`;
  return error instanceof ApiError ? refusal(error) : undefined;
}

/** What the service refuses, by its code. Its own words are English: in other languages they are the last resort's. */
function refusal(error: ApiError): string {
  switch (error.code) {
    case 'account_suspended':
      return t`This account is suspended. Ask whoever runs this service.`;
    case 'forbidden':
      return t`You are not allowed to do this.`;
    case 'not_found':
      return t`This is not there any more.`;
    case 'validation_failed':
      return speaksEnglish() ? asSentence(error.message) : t`Some of this needs another look.`;
    default:
      return speaksEnglish() ? asSentence(error.message) : t`The service did not accept this.`;
  }
}

/** The service's messages on one field, in the language of the page. */
export function fieldWords(messages: readonly string[]): string {
  if (speaksEnglish()) return asSentence(messages.join(', '));
  return [...new Set(messages.map(ofField))].join(' ');
}

function ofField(message: string): string {
  const count = Number(/\d+/.exec(message)?.[0]);
  if (message === 'is required') return t`This is needed.`;
  if (/^must be at most \d+ characters/.test(message)) return t`Please keep this to ${count} characters.`;
  if (/^must be at least \d+ characters/.test(message)) return t`Use at least ${count} characters.`;
  return t`Please check this.`;
}

const speaksEnglish = (): boolean => i18n.locale === 'en';

/** A wait in words: seconds up to a minute and a half, then minutes. */
export function waitOf(seconds: number | undefined): string {
  if (seconds === undefined) return t`in a moment`;
  const minutes = Math.ceil(seconds / 60);
  if (seconds > 90) return plural(minutes, { one: 'in a minute', other: 'in # minutes' });
  return plural(seconds, { one: 'in a second', other: 'in # seconds' });
}

/** The service speaks without capital and full stop. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`;
}
