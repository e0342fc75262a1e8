import { Skeleton, VisuallyHidden } from '@mantine/core';
import classes from './AppSkeleton.module.css';
import { Brand } from './Brand';

/** The shape of a page that is on its way. */
export function AppSkeleton() {
  return (
    <div className={classes.frame}>
      <header className={classes.header}>
        <Brand />
      </header>
      <main className={classes.main} aria-busy="true">
        <VisuallyHidden component="h1">Loading…</VisuallyHidden>
        <CardSkeleton />
      </main>
    </div>
  );
}

/** A heading, a line and some fields. */
export function CardSkeleton() {
  return (
    <div className={classes.card} aria-hidden="true">
      <Skeleton height={14} width={110} />
      <Skeleton height={36} width="60%" />
      <Skeleton height={18} width="80%" mb="lg" />
      <Skeleton height={48} />
      <Skeleton height={48} />
      <Skeleton height={48} />
    </div>
  );
}
