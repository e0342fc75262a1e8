import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { PASSKEY_NAME_MAX } from 'virtual:api-rules';
import { unwrap } from '../../../api';
import { type PasskeyBody, renamePasskey } from '../../../generated';
import { wordsOfChange } from '../../../passkeys/words';
import { Dialog } from '../../../ui/Dialog';
import { FailureNote } from '../../../ui/FailureNote';
import { useCredentialsForm } from '../../useCredentialsForm';
import classes from '../Account.module.css';
import { deviceName } from '../device-name';

interface NamePasskeyProps {
  passkey: PasskeyBody;
  /** It was made a moment ago, and is called as the browser is. */
  isNew: boolean;
  onNamed: () => Promise<unknown>;
  onClose: () => void;
}

/** How the person calls a passkey. */
export function NamePasskey({ passkey: { id, name }, isNew, onNamed, onClose }: NamePasskeyProps) {
  const { field, formRef, busy, failure, onSubmit } = useCredentialsForm({
    initial: { name: isNew ? deviceName(name) : name },
    validate: { name: nameError },
    send: async (body) => {
      await unwrap(renamePasskey({ path: { id }, body }));
      await onNamed();
      onClose();
    },
    refusal: (error) => {
      const words = wordsOfChange(error);
      return words === undefined ? undefined : { form: words };
    },
  });
  return (
    <Dialog
      title={isNew ? t`Your passkey is ready` : t`Rename the passkey`}
      lead={t`Give it a name by which you know it again, such as that of the device.`}
      onClose={onClose}
    >
      <form ref={formRef} className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote failure={failure} />
        <TextInput label={t`Name of the passkey`} autoComplete="off" dir="auto" {...field('name')} />
        <div className={classes.ways}>
          <Button type="submit" loading={busy}>
            <Trans>Save</Trans>
          </Button>
          <Button variant="default" onClick={onClose}>
            {isNew ? t`Not now` : t`Cancel`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function nameError(name: string): string | undefined {
  const length = Array.from(name.trim()).length;
  if (length === 0) return t`What do you call it?`;
  return length > PASSKEY_NAME_MAX ? t`Use at most ${PASSKEY_NAME_MAX} characters.` : undefined;
}
