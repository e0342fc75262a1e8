import { useState } from 'react';
import { useFailure } from './useFailure';

/** Buttons that do something at once, one at a time. `wordsFor` gives words to the refusals that have some of their own. */
export function useAction(wordsFor: (error: unknown) => string | undefined = () => undefined) {
  const [busy, setBusy] = useState<string>();
  const { failure, fail, say } = useFailure();
  /** `what` names the button that waits. Gives whether it was done. */
  const run = async (what: string, act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(what);
    say(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      const words = wordsFor(error);
      if (words) say(words);
      else fail(error);
      return false;
    } finally {
      setBusy(undefined);
    }
  };
  return { busy, failure, run };
}
