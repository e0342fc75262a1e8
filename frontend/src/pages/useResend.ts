import { useState } from 'react';
import { ApiError } from '../api/problem';
import { useCountdown } from '../ui/useCountdown';
import { useFailure } from '../ui/useFailure';

const PAUSE_S = 60;

/** Asks for a mail once more, at most once a minute: the service's own word on the wait counts. */
export function useResend(send: () => Promise<unknown>, first: number) {
  const [left, begin] = useCountdown(first);
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const onClick = (): void => {
    setBusy(true);
    say(undefined);
    send()
      .then(
        () => begin(PAUSE_S),
        (error: unknown) => {
          const wait = error instanceof ApiError ? error.retryAfter : undefined;
          if (wait !== undefined) begin(wait);
          fail(error);
        },
      )
      .finally(() => setBusy(false));
  };
  return { left, busy, failure, begin, onClick };
}
