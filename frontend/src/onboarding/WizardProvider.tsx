import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useLayoutEffect, useMemo } from 'react';
import { connection } from '../api/connection';
import { storage } from '../api/storage';
import type { Onboarding, User } from '../api/types';
import { useStore } from '../app/useStore';
import { liveTabs, TAB } from '../app/tab';
import { session } from '../session/session';
import { DraftSync } from './draft-sync';
import { Drafts } from './drafts';
import { newer, onboardingQuery } from './queries';
import { onStored } from './tab-news';
import { isWhole } from './template';
import { callsOver, Wizard } from './wizard';

const RESEND_MS = 5_000;

export interface WizardContent {
  wizard: Wizard;
  state: Onboarding;
  user: User;
}

const WizardContext = createContext<WizardContent | undefined>(undefined);

interface WizardProviderProps {
  user: User;
  state: Onboarding;
  children: ReactNode;
}

/** Gives the pages below it the wizard, and sends what an outage or a reload left behind. */
export function WizardProvider({ user, state, children }: WizardProviderProps) {
  const queries = useQueryClient();
  const wizard = useMemo(() => {
    const drafts = new Drafts(storage, user.id, TAB);
    return new Wizard(callsOver(queries, user.id), (saver) => new DraftSync(drafts, saver));
  }, [queries, user.id]);
  useResending(wizard);
  useForgetting(user.id);
  // Before any form below is filled.
  useLayoutEffect(() => wizard.meet(state), [wizard, state]);
  useEffect(() => {
    const { queryKey } = onboardingQuery(user.id);
    return onStored(user.id, (stored) => {
      // A tab that has a release from before templates cannot say what is asked.
      if (!isWhole(stored)) return void queries.invalidateQueries({ queryKey });
      queries.setQueryData<Onboarding>(queryKey, (known) => newer(known, stored));
    });
  }, [queries, user.id]);
  const content = useMemo(() => ({ wizard, state, user }), [wizard, state, user]);
  return <WizardContext value={content}>{children}</WizardContext>;
}

export function useWizard(): WizardContent {
  const content = use(WizardContext);
  if (!content) throw new Error('useWizard needs a WizardProvider above it');
  return content;
}

function useResending(wizard: Wizard): void {
  const line = useStore(connection);
  const waiting = useStore(wizard.status).save.phase === 'waiting';
  useEffect(() => {
    const takeOver = async (): Promise<void> => {
      wizard.takeOver(await liveTabs());
      await wizard.sendAll();
    };
    void takeOver();
    const onHide = (): void => void (document.visibilityState === 'hidden' ? wizard.sendAll() : takeOver());
    document.addEventListener('visibilitychange', onHide);
    return () => document.removeEventListener('visibilitychange', onHide);
  }, [wizard]);
  useEffect(() => {
    if (!waiting || line === 'offline') return undefined;
    const timer = setInterval(() => void wizard.sendAll(), RESEND_MS);
    return () => clearInterval(timer);
  }, [wizard, waiting, line]);
}

/**
 * Forgets unsent text once the person has logged out, here or in another tab: this browser may be a shared one, and the
 * service has all that it would take. A session that has ended by itself leaves the text for the next log-in.
 */
function useForgetting(userId: string): void {
  useEffect(
    () => () => {
      // Forms that end now may still write what they hold.
      setTimeout(() => {
        const now = session.get();
        const loggedOut = now.phase === 'guest' && (now.reason === 'signed_out' || now.reason === 'closed');
        if (loggedOut) new Drafts(storage, userId, TAB).clear();
      });
    },
    [userId],
  );
}
