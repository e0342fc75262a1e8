import { t } from '@lingui/core/macro';
import { IconCheck, IconCloudUp, IconDeviceFloppy } from '@tabler/icons-react';
import { connection } from '../../api/connection';
import { useStore } from '../../app/useStore';
import type { SaveState } from '../../onboarding/save-state';
import { useWizard } from '../../onboarding/WizardProvider';
import classes from './SaveStatus.module.css';

/** A quiet word on whether the text in the form is at the service. Its place is always there. */
export function SaveStatus() {
  const { wizard } = useWizard();
  const line = useStore(connection);
  const known = useStore(wizard.status).save;
  // While the way is broken a request may be on it for long: what counts is that nothing is lost.
  const save: SaveState = known.phase === 'saving' && line !== 'online' ? { phase: 'waiting' } : known;
  const Icon = ICONS[save.phase];
  return (
    <p className={classes.status} role="status" data-phase={save.phase}>
      {Icon && <Icon size={18} stroke={1.75} aria-hidden />}
      {wordFor(save)}
    </p>
  );
}

const ICONS: Partial<Record<SaveState['phase'], typeof IconCheck>> = {
  saving: IconCloudUp,
  saved: IconCheck,
  typed: IconDeviceFloppy,
  waiting: IconDeviceFloppy,
};

function wordFor(save: SaveState): string {
  switch (save.phase) {
    case 'clean':
      return '';
    case 'typed':
    case 'waiting':
      return t`Kept on this device`;
    case 'saving':
      return t`Saving…`;
    case 'saved':
      return t`Saved`;
    case 'refused':
      return save.message;
  }
}
