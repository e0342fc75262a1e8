import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconDownload, IconPrinter } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { PRODUCT } from '../../../app/brand';
import { useWizard } from '../../../onboarding/WizardProvider';
import { CopyButton } from '../../../ui/CopyButton';
import { download } from '../../../ui/download';
import classes from './Factors.module.css';

const TEXT = {
  heading: msg`Your recovery codes`,
  lead: msg`Each of them lets you in once, where your phone is not at hand. Keep them where nobody else looks. They are shown this once, and those of before do not work any more.`,
  download: msg`Download`,
  print: msg`Print`,
  done: msg`I have kept them`,
  file: (email: string) => msg`${PRODUCT}: recovery codes of ${email}`,
};

interface RecoveryCodesProps {
  codes: readonly string[];
  onDone: () => void;
}

/** Ten codes, shown this once: to copy, to store, to print. */
export function RecoveryCodes({ codes, onDone }: RecoveryCodesProps) {
  const { t } = useLingui();
  const { user } = useWizard();
  const heading = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const text = [t(TEXT.file(user.email)), '', ...codes, ''].join('\n');
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className={classes.sheet}>
      <h3 ref={heading} tabIndex={-1}>
        {t(TEXT.heading)}
      </h3>
      <p className={classes.whose}>{t(TEXT.file(user.email))}</p>
      <p className={classes.about}>{t(TEXT.lead)}</p>
      <ol ref={list} className={classes.codes} dir="ltr" translate="no">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className={classes.ways}>
        <CopyButton text={text} shownIn={list} />
        <Button
          variant="default"
          leftSection={<IconDownload size={18} aria-hidden />}
          onClick={() => download('recovery-codes.txt', 'text/plain', text)}
        >
          {t(TEXT.download)}
        </Button>
        <Button
          variant="default"
          leftSection={<IconPrinter size={18} aria-hidden />}
          onClick={() => window.print()}
        >
          {t(TEXT.print)}
        </Button>
        <Button onClick={onDone}>{t(TEXT.done)}</Button>
      </div>
    </div>
  );
}
