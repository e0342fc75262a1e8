import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { useEffect } from 'react';
import { failureOf } from '../api/words';
import { FailureNote } from '../ui/FailureNote';
import { useErrorPage } from '../ui/useErrorPage';
import classes from './Admin.module.css';

/** In the place of what could not be read. What is this page's own fault goes to the error page. */
export function Failed({ error, onRetry }: { error: Error; onRetry: () => unknown }) {
  const { t } = useLingui();
  const toErrorPage = useErrorPage();
  const failure = failureOf(error);
  useEffect(() => {
    if (!failure) toErrorPage(error);
  }, [failure, error, toErrorPage]);
  if (!failure) return null;
  return (
    <div className={classes.card}>
      <FailureNote failure={failure} />
      <div className={classes.ways}>
        <Button size="sm" variant="default" onClick={onRetry}>
          {t`Try again`}
        </Button>
      </div>
    </div>
  );
}
