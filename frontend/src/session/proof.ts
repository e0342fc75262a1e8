import { createStore } from '../app/store';
import type { NeededProofBody } from '../generated';

/** A call that waits until the person has proved once more who they are. */
export interface AskedProof {
  needed: NeededProofBody;
  /** True once it is proved, false where the person would rather not. */
  answer: (proved: boolean) => void;
}

/** What the person is to be asked now. */
export const askedProof = createStore<AskedProof | undefined>(undefined);

let asking: Promise<boolean> | undefined;

/** Has the person asked. Calls that need a proof at the same time share one question. */
export function prove(needed: NeededProofBody): Promise<boolean> {
  asking ??= new Promise<boolean>((answer) => askedProof.set({ needed, answer })).finally(() => {
    asking = undefined;
    askedProof.set(undefined);
  });
  return asking;
}
