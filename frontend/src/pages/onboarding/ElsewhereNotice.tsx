import { Button } from '@mantine/core';
import { useStore } from '../../app/store';
import { FIELDS, textOf } from '../../onboarding/specs';
import type { StepKey } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { Callout } from '../../ui/Callout';

/** Tells that this step was changed on another device meanwhile, and what came of it. */
export function ElsewhereNotice({ step }: { step: StepKey }) {
  const { wizard } = useWizard();
  const { elsewhere } = useStore(wizard.status);
  if (!elsewhere) return null;
  const label = (field: string): string => FIELDS[step][field]?.label ?? field;
  return (
    <Callout
      tone="note"
      title="This step was changed in another tab or on another device, too"
      action={
        <Button size="xs" variant="default" onClick={() => wizard.noticeRead(step)}>
          All right
        </Button>
      }
    >
      {elsewhere.taken.length > 0 && <p>Brought in from there: {elsewhere.taken.map(label).join(', ')}.</p>}
      {elsewhere.conflicts.map(({ field, theirs }) => (
        <p key={`${field} ${textOf(theirs)}`}>
          {label(field)}: we kept what you typed here. There it says {quoted(theirs)}.
        </p>
      ))}
      {elsewhere.replaced.map(({ field, mine, theirs }) => (
        <p key={`${field} ${textOf(mine)}`}>
          {label(field)}: it says {quoted(theirs)} there by now. You had typed {quoted(mine)} here.
        </p>
      ))}
      {elsewhere.left.map(({ field, text }) => (
        <p key={`${field} ${textOf(text)}`}>
          {label(field)}: in a tab that you have closed since, you had typed {quoted(text)}.
        </p>
      ))}
    </Callout>
  );
}

function quoted(value: unknown): string {
  return textOf(value) ? `“${textOf(value)}”` : 'nothing';
}
