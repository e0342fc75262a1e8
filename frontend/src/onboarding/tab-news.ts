import type { Onboarding } from '../api/types';

/** What tabs of one browser tell each other: what the service has stored by now. It never leaves the origin. */
interface News {
  userId: string;
  state: Onboarding;
}

const channel =
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('onboarding.state');

export function tellStored(userId: string, state: Onboarding): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target: it is of one origin
  channel?.postMessage({ userId, state } satisfies News);
}

export function onStored(userId: string, listener: (state: Onboarding) => void): () => void {
  const hear = ({ data }: MessageEvent<News>): void => {
    if (data.userId === userId) listener(data.state);
  };
  channel?.addEventListener('message', hear);
  return () => channel?.removeEventListener('message', hear);
}
