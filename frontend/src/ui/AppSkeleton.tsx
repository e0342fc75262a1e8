import { Trans } from '@lingui/react/macro';
import { Skeleton, VisuallyHidden } from '@mantine/core';
import { useLocation } from 'react-router';
import classes from './AppSkeleton.module.css';
import { Brand } from './Brand';

/** The shape of a page behind the log-in that is on its way, where the page will stand. */
export function AppSkeleton() {
  return (
    <div className={classes.frame}>
      <header className={classes.header}>
        <Brand />
      </header>
      <main className={classes.main} aria-busy="true">
        <VisuallyHidden component="h1">
          <Trans>Loading…</Trans>
        </VisuallyHidden>
        <PageSkeleton />
      </main>
    </div>
  );
}

/** A step beside its trail, or the overview, as the address says. */
export function PageSkeleton() {
  const { pathname } = useLocation();
  if (!pathname.startsWith('/onboarding')) return <OverviewSkeleton />;
  return (
    <div className={classes.wizard} aria-hidden="true">
      <div className={classes.trail}>
        <Skeleton height={20} width="60%" />
        <Skeleton height={300} className={classes.wideOnly} />
        <Skeleton height={40} className={classes.narrowOnly} />
      </div>
      <CardSkeleton />
    </div>
  );
}

function OverviewSkeleton() {
  return (
    <div className={classes.overview} aria-hidden="true">
      <Skeleton height={260} radius={24} />
      <CardSkeleton />
    </div>
  );
}

/** A heading, a line and some fields. */
export function CardSkeleton() {
  return (
    <div className={classes.card} aria-hidden="true">
      <Skeleton height={40} width="60%" />
      <Skeleton height={20} width="80%" mb="lg" />
      <Skeleton height={66} />
      <Skeleton height={66} />
      <Skeleton height={66} />
    </div>
  );
}

/** The same for the forms of whoever is not logged in. */
export function FormSkeleton() {
  return (
    <div className={classes.form} aria-hidden="true">
      <Skeleton height={40} width="75%" />
      <Skeleton height={20} width="60%" mb="md" />
      <Skeleton height={66} />
      <Skeleton height={66} />
      <Skeleton height={50} />
    </div>
  );
}
