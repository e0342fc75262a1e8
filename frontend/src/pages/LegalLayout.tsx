import { useLingui } from '@lingui/react/macro';
import { Suspense } from 'react';
import { Link, Outlet } from 'react-router';
import { PRODUCT } from '../app/brand';
import { WithQueries } from '../app/queries';
import { CardSkeleton } from '../ui/AppSkeleton';
import { Brand } from '../ui/Brand';
import { Footer } from '../ui/Footer';
import { SchemeToggle } from '../ui/SchemeToggle';
import classes from './AppLayout.module.css';

/** The frame of pages that anybody may read. */
export function LegalLayout() {
  const { t } = useLingui();
  return (
    <div className={classes.frame}>
      <header className={classes.header}>
        <Link to="/" className={classes.home} aria-label={t`${PRODUCT}, to the start`}>
          <Brand />
        </Link>
        <SchemeToggle />
      </header>
      <main className={classes.main}>
        <WithQueries>
          <Suspense fallback={<CardSkeleton />}>
            <Outlet />
          </Suspense>
        </WithQueries>
      </main>
      <Footer />
    </div>
  );
}
