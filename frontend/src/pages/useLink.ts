import { useEffect, useState } from 'react';
import { unwrap } from '../api';
import { ApiError, isPassing } from '../api/problem';
import { useStore } from '../app/useStore';
import { verifyEmail } from '../generated';
import { refreshPerson } from '../session/account';
import { session } from '../session/session';
import { useErrorPage } from '../ui/useErrorPage';

/** What a link of a mail came to. */
export type LinkOutcome = 'asking' | 'good' | 'used' | 'expired' | 'taken' | 'unreachable';

/** Hands the token of a link in, once when the page opens, and again by `retry`. */
export function useLink(token: string): { outcome: LinkOutcome; retry: () => void } {
  const [outcome, setOutcome] = useState<LinkOutcome>('asking');
  const toErrorPage = useErrorPage();
  useEffect(() => {
    if (outcome !== 'asking') return undefined;
    let gone = false;
    unwrap(verifyEmail({ body: { token } })).then(
      () => gone || setOutcome('good'),
      (error: unknown) => {
        if (gone) return;
        const told = outcomeOf(error);
        if (told) setOutcome(told);
        else toErrorPage(error);
      },
    );
    return () => {
      gone = true;
    };
  }, [token, outcome, toErrorPage]);
  useFreshPerson(outcome === 'good' || outcome === 'used');
  return { outcome, retry: () => setOutcome('asking') };
}

/** Once the account has changed, and it is known who is here, this page and its other tabs know the account anew. */
function useFreshPerson(changed: boolean): void {
  const { phase } = useStore(session);
  useEffect(() => {
    if (!changed || phase !== 'person') return;
    // Nothing is lost where it fails: the account is read anew with the next renewal.
    refreshPerson().catch(() => undefined);
  }, [changed, phase]);
}

export function outcomeOf(error: unknown): LinkOutcome | undefined {
  if (isPassing(error)) return 'unreachable';
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 'token_used') return 'used';
  if (error.code === 'email_taken') return 'taken';
  // What is no token at all is refused as malformed: a link that was cut off.
  return error.status === 410 || error.status === 422 ? 'expired' : undefined;
}
