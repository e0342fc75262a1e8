import { useCallback, useEffect, useState } from 'react';
import { connection } from '../api/connection';
import { type Failure, failureOf } from '../api/words';
import { useErrorPage } from './useErrorPage';

export interface FailureControl {
  failure: Failure | undefined;
  /** Shows what an error comes to; what is this page's own fault goes to the error page. */
  fail: (error: unknown, afterOutage?: string) => void;
  /** Shows words, or nothing any more. */
  say: (words: string | undefined) => void;
}

/** What went wrong last. It goes when what it tells of is over: the outage, or the time that one had to wait. */
export function useFailure(): FailureControl {
  const [failure, setFailure] = useState<Failure>();
  const toErrorPage = useErrorPage();
  const outage = failure?.outage === true;
  const wait = failure?.wait;
  useEffect(() => {
    if (!outage) return undefined;
    return connection.subscribe(() => {
      if (connection.get() === 'online') setFailure(undefined);
    });
  }, [outage]);
  useEffect(() => {
    if (wait === undefined) return undefined;
    const timer = setTimeout(() => setFailure(undefined), wait * 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  const fail = useCallback(
    (error: unknown, afterOutage?: string) => {
      const told = failureOf(error, afterOutage);
      if (told) setFailure(told);
      else toErrorPage(error);
    },
    [toErrorPage],
  );
  const say = useCallback((words: string | undefined) => setFailure(words ? { words } : undefined), []);
  return { failure, fail, say };
}
