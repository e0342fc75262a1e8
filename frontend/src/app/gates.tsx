import { Navigate, Outlet, useLocation } from 'react-router';
import { session } from '../session/session';
import { AppSkeleton } from '../ui/AppSkeleton';
import { useStore } from './useStore';

/** Where to go after logging in, carried along by the redirect to the log-in page. */
export interface ComeBack {
  from?: string;
}

/** Pages for those with an account. A first visit leads to signing up, an ended session to logging in. */
export function PersonOnly() {
  const state = useStore(session);
  const { pathname } = useLocation();
  if (state.phase === 'restoring') return <AppSkeleton />;
  if (state.phase === 'person') return <Outlet />;
  const to = pathname === '/' && state.reason === undefined ? '/sign-up' : '/log-in';
  // From the overview, those who are still on the way are better off at the step where they left off.
  const comeBack: ComeBack =
    (state.reason && state.reason !== 'ended') || pathname === '/' ? {} : { from: pathname };
  return <Navigate to={to} replace state={comeBack} />;
}

/** Sign-up and log-in: whoever is in already goes on to where they left off. */
export function GuestOnly() {
  const state = useStore(session);
  const { pathname, state: comeBack } = useLocation() as { pathname: string; state: ComeBack | null };
  if (state.phase === 'restoring') return <AppSkeleton />;
  // Whoever has just signed up has a mail to look at; it can wait, too.
  if (state.phase === 'person' && pathname === '/sign-up' && !state.user.email_verified) {
    return <Navigate to="/verify-email" replace state={comeBack} />;
  }
  if (state.phase === 'person') return <Navigate to={comeBack?.from ?? '/onboarding'} replace />;
  return <Outlet />;
}
