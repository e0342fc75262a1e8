import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { unwrap } from '../../api';
import { exportAccount } from '../../generated';
import { download } from '../../ui/download';
import { FailureNote } from '../../ui/FailureNote';
import { useFailure } from '../../ui/useFailure';
import classes from './Account.module.css';
import { Section } from './Section';

/** All that is kept of the person, as a file. */
export function DataSection() {
  const { t } = useLingui();
  const [busy, setBusy] = useState(false);
  const { failure, fail, say } = useFailure();
  const get = async (): Promise<void> => {
    setBusy(true);
    say(undefined);
    try {
      const data = JSON.stringify(await unwrap(exportAccount()), null, 2);
      download('my-data.json', 'application/json', data);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section
      title={t`Your data`}
      lead={t`All that we keep of you, as a file for you or for another program.`}
    >
      <FailureNote failure={failure} />
      <div className={classes.ways}>
        <Button
          variant="default"
          loading={busy}
          leftSection={<IconDownload size={18} aria-hidden />}
          onClick={() => void get()}
        >
          <Trans>Download my data</Trans>
        </Button>
      </div>
    </Section>
  );
}
