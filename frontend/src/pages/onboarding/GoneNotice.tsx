import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useStore } from '../../app/useStore';
import { useWizard } from '../../onboarding/WizardProvider';
import { Callout } from '../../ui/Callout';
import { plainText } from './answers-of';

/** Shows what was typed to questions that are asked no more, until it has been read. */
export function GoneNotice({ className }: { className?: string | undefined }) {
  const { wizard } = useWizard();
  const texts = useStore(wizard.gone);
  if (texts.length === 0) return null;
  return (
    <div className={className}>
      <Callout
        tone="note"
        title={t`The questions have changed, and some of what you typed is not stored`}
        action={
          <Button size="xs" variant="default" onClick={() => wizard.goneRead()}>
            <Trans>All right</Trans>
          </Button>
        }
      >
        <p>
          <Trans>Where it is asked elsewhere by now, please enter it there.</Trans>
        </p>
        {texts.map(({ name, text }) => (
          <p key={`${name} ${plainText(text)}`} dir="auto">
            {typed(name, plainText(text))}
          </p>
        ))}
      </Callout>
    </div>
  );
}

const typed = (name: string, text: string): string => t`${name}: “${text}”`;
