import type { Grant } from './session';

/** What tabs of one browser tell each other. It never leaves the origin. */
export type TabMessage = { kind: 'granted'; grant: Grant } | { kind: 'signed_out' };

const channel =
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('onboarding.session');

export function tellTabs(message: TabMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target: it is of one origin
  channel?.postMessage(message);
}

export function onTabMessage(listener: (message: TabMessage) => void): void {
  channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => listener(event.data));
}
