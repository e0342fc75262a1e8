import { storage } from '../api/storage';
import { DEBUG_SLOT } from './slots';

/** `?debug` shows what engineers want to see, from then on; `?debug=off` hides it again. */
export function noteDebug(search: string): void {
  const wish = new URLSearchParams(search).get('debug');
  if (wish === null) return;
  if (wish === 'off') storage.removeItem(DEBUG_SLOT);
  else storage.setItem(DEBUG_SLOT, 'on');
}

export function isDebug(): boolean {
  return storage.getItem(DEBUG_SLOT) !== null;
}
