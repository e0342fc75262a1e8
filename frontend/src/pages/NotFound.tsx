import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';
import { Brand } from '../ui/Brand';
import { PageHeading } from '../ui/PageHeading';
import classes from './Message.module.css';

export function NotFound() {
  const { t } = useLingui();
  return (
    <main className={classes.message}>
      <Brand />
      <PageHeading
        title={t`Not found`}
        heading={t`The path ends here`}
        lead={t`There is no page at this address. It may have moved, or the link has a typing mistake.`}
      />
      <p>
        <Link to="/">
          <Trans>Back to the start</Trans>
        </Link>
      </p>
    </main>
  );
}
