import { Trans, useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { unwrap } from '../../api';
import { exportAccount } from '../../generated';
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
      save(await unwrap(exportAccount()));
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

function save(data: unknown): void {
  const file = new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = 'my-data.json';
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
