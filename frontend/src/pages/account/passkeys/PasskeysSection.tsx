import { msg } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrapGone } from '../../../api';
import { removePasskey } from '../../../generated';
import { useWizard } from '../../../onboarding/WizardProvider';
import { loadPasskeys } from '../../../passkeys/load';
import { isAtDomain, passkeysPossible } from '../../../passkeys/possible';
import { passkeysQuery } from '../../../passkeys/queries';
import { wordsOfChange } from '../../../passkeys/words';
import { Callout } from '../../../ui/Callout';
import { FailureNote } from '../../../ui/FailureNote';
import { useAction } from '../../../ui/useAction';
import { OutOfReach } from '../../OutOfReach';
import classes from '../Account.module.css';
import { Section } from '../Section';
import { NoPasskeysHere } from './NoPasskeysHere';
import { type Asked, PasskeyDialog } from './PasskeyDialog';
import { PasskeyList } from './PasskeyList';

const TEXT = {
  title: msg`Passkeys`,
  lead: msg`Log in with your fingerprint, your face or the PIN of your device, without your password.`,
  add: msg`Add a passkey`,
  removed: (name: string) => msg`${name} does not log you in any more. Delete it on your device, too.`,
};

/** The passkeys of the account: to add, to call otherwise, to remove. */
export function PasskeysSection() {
  const { t } = useLingui();
  const { user } = useWizard();
  const { data, error, refetch } = useQuery(passkeysQuery(user.id));
  const [asked, setAsked] = useState<Asked>();
  const [removed, setRemoved] = useState<string>();
  const { busy, failure, run } = useAction(wordsOfChange);
  const close = (): void => setAsked(undefined);
  const add = async (): Promise<void> => {
    const { addPasskey } = await loadPasskeys();
    const passkey = await addPasskey();
    await refetch();
    setAsked({ what: 'new', passkey });
  };
  const remove = async (id: string, name: string): Promise<void> => {
    await unwrapGone(removePasskey({ path: { id } }), 'passkey_not_found');
    await refetch();
    setRemoved(name);
  };
  const begin = (what: string, act: () => Promise<void>): void => {
    setRemoved(undefined);
    close();
    void run(what, act);
  };
  const domain = data?.rp_id;
  const isHere = typeof domain === 'string' && passkeysPossible() && isAtDomain(domain);
  return (
    <Section id="passkeys" title={t(TEXT.title)} lead={t(TEXT.lead)}>
      <FailureNote failure={failure} />
      {removed !== undefined && <Callout tone="good">{t(TEXT.removed(removed))}</Callout>}
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={72} />}
      {data && <PasskeyList passkeys={data.items} busy={busy} onAsk={setAsked} />}
      {isHere && (
        <div className={classes.ways}>
          <Button variant="default" loading={busy === 'add'} onClick={() => begin('add', add)}>
            {t(TEXT.add)}
          </Button>
        </div>
      )}
      {data && !isHere && <NoPasskeysHere origin={data.origin} />}
      {asked && (
        <PasskeyDialog
          asked={asked}
          onRemove={({ id, name }) => begin(id, () => remove(id, name))}
          onNamed={refetch}
          onClose={close}
        />
      )}
    </Section>
  );
}
