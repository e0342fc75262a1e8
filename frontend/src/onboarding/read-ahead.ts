import { getOnboarding } from '../generated';

type Answer = ReturnType<typeof getOnboarding>;

let ahead: { userId: string; answer: Answer } | undefined;

/** Asks for the state of the person who is here before the pages that show it have come. */
export function readAhead(userId: string): void {
  ahead = { userId, answer: getOnboarding() };
}

/** The answer to what was asked ahead for this person, once: whoever asks later wants a newer one. */
export function takeReadAhead(userId: string): Answer | undefined {
  const taken = ahead;
  ahead = undefined;
  return taken?.userId === userId ? taken.answer : undefined;
}
