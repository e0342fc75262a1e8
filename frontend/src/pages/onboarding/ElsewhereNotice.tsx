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
      title="This step was changed on another device, too"
      action={
        <Button size="xs" variant="default" onClick={() => wizard.noticeRead()}>
          All right
        </Button>
      }
    >
      {elsewhere.taken.length > 0 && <p>Brought in from there: {elsewhere.taken.map(label).join(', ')}.</p>}
      {elsewhere.conflicts.map(({ field, theirs }) => (
        <p key={field}>
          {label(field)}: we kept what you typed here. There it says{' '}
          {textOf(theirs) ? `“${textOf(theirs)}”` : 'nothing'}.
        </p>
      ))}
    </Callout>
  );
}
