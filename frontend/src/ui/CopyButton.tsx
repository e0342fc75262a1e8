import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button, type ButtonProps } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { type RefObject, useState } from 'react';

const TEXT = { copy: msg`Copy`, copied: msg`Copied` };

interface CopyButtonProps extends ButtonProps {
  text: string;
  /** Where the text stands: selected where the browser does not let pages copy, so that it is copied by hand. */
  shownIn: RefObject<HTMLElement | null>;
}

/** Copies a text, and says that it has. */
export function CopyButton({ text, shownIn, ...props }: CopyButtonProps) {
  const { t } = useLingui();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Only secure contexts have a clipboard.
      if (shownIn.current) window.getSelection()?.selectAllChildren(shownIn.current);
    }
  };
  return (
    <Button
      variant="default"
      leftSection={<IconCopy size={18} aria-hidden />}
      {...props}
      onClick={() => void copy()}
    >
      {copied ? t(TEXT.copied) : t(TEXT.copy)}
    </Button>
  );
}
