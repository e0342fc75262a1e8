import { Button } from '@mantine/core';
import { Brand } from '../ui/Brand';
import { PageHeading } from '../ui/PageHeading';
import classes from './Message.module.css';

/** Shown where a part of the page could not be loaded, or broke: often a release that took place meanwhile. */
export function PageFailed() {
  return (
    <main className={classes.message}>
      <Brand />
      <PageHeading
        title="Something went wrong"
        heading="This page did not load"
        lead="Your answers are safe. Loading it again usually helps."
      />
      <p>
        <Button onClick={() => window.location.reload()}>Load again</Button>
      </p>
    </main>
  );
}
