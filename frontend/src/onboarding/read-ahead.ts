import { getOnboarding } from '../generated';
import { session } from '../session/session';

type Answer = ReturnType<typeof getOnboarding>;

let ahead: { userId: string; answer: Answer } | undefined;

/**
 * Asks for the person's state as soon as it is known who is here, before the pages that show it have come. Called before
 * any page listens to the session, so that the first page to ask takes this answer, and no later one does.
 */
export function readAhead(): void {
  const stop = session.subscribe(() => {
    const now = session.get();
    if (now.phase === 'restoring') return;
    stop();
    if (now.phase !== 'person' || now.user.status === 'closing') return;
    ahead = { userId: now.user.id, answer: getOnboarding() };
  });
}

/** The answer to what was asked ahead for this person, once: whoever asks later wants a newer one. */
export function takeReadAhead(userId: string): Answer | undefined {
  const taken = ahead;
  ahead = undefined;
  return taken?.userId === userId ? taken.answer : undefined;
}
