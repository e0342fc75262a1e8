import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useStore } from '../../app/useStore';
import { labelOfField } from '../../onboarding/words';
import { useWizard } from '../../onboarding/WizardProvider';
import { Callout } from '../../ui/Callout';
import { plainText } from './answers-of';

/** Tells that this step was changed on another device meanwhile, and what came of it. */
export function ElsewhereNotice({ step }: { step: string }) {
  const { wizard, state } = useWizard();
  const { elsewhere } = useStore(wizard.status);
  if (!elsewhere) return null;
  const label = (field: string): string => labelOfField(state, step, field);
  const taken = elsewhere.taken.map(label).join(', ');
  return (
    <Callout
      tone="note"
      title={t`This step was changed in another tab or on another device, too`}
      action={
        <Button size="xs" variant="default" onClick={() => wizard.noticeRead(step)}>
          <Trans>All right</Trans>
        </Button>
      }
    >
      {elsewhere.taken.length > 0 && <p>{t`Brought in from there: ${taken}.`}</p>}
      {elsewhere.conflicts.map(({ field, theirs }) => (
        <p key={`${field} ${plainText(theirs)}`}>{keptHere(label(field), quoted(theirs))}</p>
      ))}
      {elsewhere.replaced.map(({ field, mine, theirs }) => (
        <p key={`${field} ${plainText(mine)}`}>{replacedHere(label(field), quoted(mine), quoted(theirs))}</p>
      ))}
      {elsewhere.left.map(({ field, text }) => (
        <p key={`${field} ${plainText(text)}`}>{leftThere(label(field), quoted(text))}</p>
      ))}
    </Callout>
  );
}

function quoted(value: unknown): string {
  const text = plainText(value);
  return text ? t`“${text}”` : t`nothing`;
}

const keptHere = (field: string, theirs: string): string =>
  t`${field}: we kept what you typed here. There it says ${theirs}.`;

const replacedHere = (field: string, mine: string, theirs: string): string =>
  t`${field}: it says ${theirs} there by now. You had typed ${mine} here.`;

const leftThere = (field: string, text: string): string =>
  t`${field}: in a tab that you have closed since, you had typed ${text}.`;
