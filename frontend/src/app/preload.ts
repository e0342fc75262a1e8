import { storage } from '../api/storage';
import { SESSION_SLOT } from './slots';

export const signUpPage = () => import('../pages/SignUp');

/** A first visit ends at signing up: that page is asked for before the gates have said so. */
export function preload(pathname: string): void {
  const isFirst = storage.getItem(SESSION_SLOT) === null;
  if (pathname === '/sign-up' || (pathname === '/' && isFirst)) void signUpPage().catch(() => undefined);
}
