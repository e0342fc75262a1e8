import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { ApiError } from '../api/problem';
import { PageHeading } from '../ui/PageHeading';
import classes from './Message.module.css';

/** In the place of a page whose data could not be had. */
export function OutOfReach({ error, onRetry }: { error: Error; onRetry: () => unknown }) {
  const { t } = useLingui();
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <div className={classes.message}>
      <PageHeading
        title={t`Out of reach`}
        heading={t`We cannot reach the service`}
        lead={t`Nothing is lost. This page goes on by itself as soon as the service is back.`}
      />
      {requestId && (
        <p className={classes.detail}>
          <Trans>Request {requestId}</Trans>
        </p>
      )}
      <p>
        <Button onClick={onRetry}>
          <Trans>Try now</Trans>
        </Button>
      </p>
    </div>
  );
}
