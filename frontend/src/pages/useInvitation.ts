import { useEffect, useState } from 'react';
import { unwrap } from '../api';
import { ApiError, isPassing } from '../api/problem';
import { lookAtInvitation, type ReceivedInvitationBody } from '../generated';
import { useErrorPage } from '../ui/useErrorPage';

/** What an invitation's link came to. */
export type InvitationState =
  | { phase: 'asking' }
  | { phase: 'open'; invitation: ReceivedInvitationBody }
  | { phase: 'used' | 'expired' | 'unreachable' };

/** Asks what the link is to, once when the page opens, and again by `retry`. Nothing is used by that. */
export function useInvitation(token: string): { state: InvitationState; retry: () => void } {
  const [state, setState] = useState<InvitationState>({ phase: 'asking' });
  const toErrorPage = useErrorPage();
  useEffect(() => {
    if (state.phase !== 'asking') return undefined;
    let gone = false;
    unwrap(lookAtInvitation({ body: { token } })).then(
      (invitation) => gone || setState({ phase: 'open', invitation }),
      (error: unknown) => {
        if (gone) return;
        const phase = phaseOf(error);
        if (phase) setState({ phase });
        else toErrorPage(error);
      },
    );
    return () => {
      gone = true;
    };
  }, [token, state, toErrorPage]);
  return { state, retry: () => setState({ phase: 'asking' }) };
}

function phaseOf(error: unknown): 'used' | 'expired' | 'unreachable' | undefined {
  if (isPassing(error)) return 'unreachable';
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 'invitation_used') return 'used';
  // What is no token at all is refused as malformed: a link that was cut off.
  return error.status === 410 || error.status === 422 ? 'expired' : undefined;
}
