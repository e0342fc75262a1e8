import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import '../theme/mantine-app.css';

import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { Link, Outlet } from 'react-router';
import { PRODUCT } from '../app/brand';
import { WithQueries } from '../app/queries';
import type { User } from '../api/types';
import { useStore } from '../app/useStore';
import { onboardingQuery } from '../onboarding/queries';
import { WizardProvider } from '../onboarding/WizardProvider';
import { session } from '../session/session';
import { PageSkeleton } from '../ui/AppSkeleton';
import { Brand } from '../ui/Brand';
import { Footer } from '../ui/Footer';
import { SchemeToggle } from '../ui/SchemeToggle';
import classes from './AppLayout.module.css';
import { Closing } from './Closing';
import { OutOfReach } from './OutOfReach';
import { PersonMenu } from './PersonMenu';
import { useStoredTheme } from './useStoredTheme';

const ASK_AGAIN_MS = 5_000;

/** The frame of everything behind the log-in. */
export function AppLayout() {
  const state = useStore(session);
  if (state.phase !== 'person') return null;
  return (
    <div className={classes.frame}>
      <a className={classes.skip} href="#content">
        <Trans>Skip to the content</Trans>
      </a>
      <WithQueries>
        {state.user.status === 'closing' ? (
          <>
            <Header />
            <main id="content" className={classes.main}>
              <Closing user={state.user} />
            </main>
            <Footer />
          </>
        ) : (
          <Content key={state.user.id} user={state.user} />
        )}
      </WithQueries>
    </div>
  );
}

function Content({ user }: { user: User }) {
  const {
    data: state,
    error,
    refetch,
  } = useQuery({
    ...onboardingQuery(user.id),
    refetchInterval: (query) => (query.state.status === 'error' ? ASK_AGAIN_MS : false),
  });
  useStoredTheme(state);
  if (!state) {
    return (
      <>
        <Header />
        {error ? (
          <main id="content" className={classes.main}>
            <OutOfReach error={error} onRetry={refetch} />
          </main>
        ) : (
          <Loading />
        )}
      </>
    );
  }
  return (
    <WizardProvider user={user} state={state}>
      <Header menu={<PersonMenu />} />
      {/* The footer comes with the page: what stands below something that grows would move. */}
      <Suspense fallback={<Loading />}>
        <main id="content" className={classes.main}>
          <Outlet />
        </main>
        <Footer />
      </Suspense>
    </WizardProvider>
  );
}

function Loading() {
  return (
    <main className={classes.main} aria-busy="true">
      <PageSkeleton />
    </main>
  );
}

function Header({ menu }: { menu?: React.ReactNode }) {
  return (
    <header className={classes.header}>
      <Link to="/" className={classes.home} aria-label={t`${PRODUCT}, to the overview`}>
        <Brand />
      </Link>
      <div className={classes.tools}>
        <SchemeToggle />
        {menu}
      </div>
    </header>
  );
}
