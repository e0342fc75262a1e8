import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { Brand } from '../ui/Brand';
import { PageHeading } from '../ui/PageHeading';
import classes from './Message.module.css';

/** Shown where a part of the page could not be loaded, or broke: often a release that took place meanwhile. */
export function PageFailed() {
  const { t } = useLingui();
  return (
    <main className={classes.message}>
      <Brand />
      <PageHeading
        title={t`Something went wrong`}
        heading={t`This page did not load`}
        lead={t`Your answers are safe. Loading it again usually helps.`}
      />
      <p>
        <Button onClick={() => window.location.reload()}>
          <Trans>Load again</Trans>
        </Button>
      </p>
    </main>
  );
}
