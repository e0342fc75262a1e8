import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useRef, useState } from 'react';
import classes from './RequestId.module.css';

/** By which whoever runs the service finds the request that failed: to copy into a mail. */
export function RequestId({ id }: { id: string }) {
  const text = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(id);
      setCopied(true);
    } catch {
      // Only secure contexts have a clipboard: selected, it is copied by hand.
      if (text.current) window.getSelection()?.selectAllChildren(text.current);
    }
  };
  return (
    <p className={classes.request}>
      <Trans>
        Request <code ref={text}>{id}</code>
      </Trans>
      <Button size="compact-xs" variant="default" onClick={() => void copy()}>
        {copied ? t`Copied` : t`Copy`}
      </Button>
    </p>
  );
}
