import { useState } from 'react';
import type { PasskeyProof } from '../../generated';
import { loadPasskeys } from '../../passkeys/load';
import { useFailure } from '../../ui/useFailure';
import { isWrong, type Proof } from './proofs';

interface ProvingOptions {
  send: (proof: Proof) => Promise<unknown>;
  sendPasskey: ((proof: PasskeyProof) => Promise<unknown>) | undefined;
  /** The service says that what was typed is wrong. */
  onWrong: () => void;
  /** What was typed is not accepted, for this reason or another. */
  onRefused: () => void;
}

/** Hands proofs in, one at a time, and tells what is wrong with them. */
export function useProving({ send, sendPasskey, onWrong, onRefused }: ProvingOptions) {
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const act = async (prove: () => Promise<unknown>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    say(undefined);
    try {
      await prove();
    } catch (refusal) {
      fail(refusal);
    } finally {
      setBusy(false);
    }
  };
  const hand = (proof: Proof): Promise<void> =>
    act(async () => {
      try {
        await send(proof);
      } catch (refusal) {
        onRefused();
        if (!isWrong(refusal)) throw refusal;
        onWrong();
      }
    });
  const sign = (): Promise<void> =>
    act(async () => {
      const { signByPasskey, wordsOfUse } = await loadPasskeys();
      try {
        const { proof } = await signByPasskey();
        await sendPasskey?.(proof);
      } catch (refusal) {
        const words = wordsOfUse(refusal);
        if (words === undefined) throw refusal;
        say(words);
      }
    });
  return { busy, failure, say, hand, sign };
}
