import { Trans, useLingui } from '@lingui/react/macro';
import { Suspense } from 'react';
import { Outlet } from 'react-router';
import { FormSkeleton } from '../ui/AppSkeleton';
import { Brand } from '../ui/Brand';
import { Footer } from '../ui/Footer';
import { SchemeToggle } from '../ui/SchemeToggle';
import { Hills } from '../ui/Hills';
import classes from './AuthLayout.module.css';

/** The frame of sign-up and log-in: what lies ahead on one side, the form on the other. */
export function AuthLayout() {
  const { t } = useLingui();
  const steps = [t`Account`, t`Profile`, t`Organization`, t`Preferences`, t`Review`];
  return (
    <div className={classes.frame}>
      <aside className={classes.side} aria-label={t`What lies ahead`}>
        <Hills className={classes.hills} />
        <p className={classes.promise}>
          <Trans>Five short steps, and your workspace is ready.</Trans>
        </p>
        <ol className={classes.steps}>
          {steps.map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ol>
        <p className={classes.aside}>
          <Trans>Stop whenever you like. You go on from there on any device.</Trans>
        </p>
      </aside>
      <div className={classes.column}>
        <header className={classes.header}>
          <Brand />
          <SchemeToggle />
        </header>
        <main className={classes.main}>
          <Suspense fallback={<FormSkeleton />}>
            <Outlet />
          </Suspense>
        </main>
        <Footer />
      </div>
    </div>
  );
}
