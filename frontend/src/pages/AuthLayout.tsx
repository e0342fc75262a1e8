import { Suspense } from 'react';
import { Outlet } from 'react-router';
import { STEP_KEYS, WORDS } from '../onboarding/steps';
import { FormSkeleton } from '../ui/AppSkeleton';
import { Brand } from '../ui/Brand';
import { Footer } from '../ui/Footer';
import { SchemeToggle } from '../ui/SchemeToggle';
import { Hills } from '../ui/Hills';
import classes from './AuthLayout.module.css';

/** The frame of sign-up and log-in: what lies ahead on one side, the form on the other. */
export function AuthLayout() {
  return (
    <div className={classes.frame}>
      <aside className={classes.side} aria-label="What lies ahead">
        <Hills className={classes.hills} />
        <p className={classes.promise}>Five short steps, and your workspace is ready.</p>
        <ol className={classes.steps}>
          {STEP_KEYS.map((key) => (
            <li key={key}>{WORDS[key].name}</li>
          ))}
        </ol>
        <p className={classes.aside}>Stop whenever you like. You go on from there on any device.</p>
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
