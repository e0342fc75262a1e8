import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Select, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { unwrap } from '../../api';
import { ApiError } from '../../api/problem';
import { describeOrganization, type OrganizationBody } from '../../generated';
import { useStaticData } from '../../onboarding/queries';
import { withScheme } from '../../onboarding/scheme';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { FailureNote } from '../../ui/FailureNote';
import { focusFirstError } from '../../ui/focus';
import { labelOf, sizeOptions } from '../onboarding/options';
import classes from './Organization.module.css';
import { useChange, useOrganization } from './useOrganization';

/** What is known of the organization. Owners change it. */
export function About({ organization }: { organization: OrganizationBody }) {
  const { isOwner } = useOrganization();
  const { data } = useStaticData();
  const { name, size, website } = organization;
  if (isOwner) return <Describe key={organization.id} organization={organization} />;
  return (
    <Facts
      facts={[
        [t`Name`, name],
        [t`Size`, labelOf(sizeOptions(data), size)],
        [t`Website`, website],
      ]}
    />
  );
}

function Describe({ organization }: { organization: OrganizationBody }) {
  const { data } = useStaticData();
  const { busy, failure, change } = useChange();
  const [values, setValues] = useState({
    name: organization.name,
    size: organization.size ?? '',
    website: organization.website ?? '',
  });
  const [errors, setErrors] = useState<{ name?: string; website?: string }>({});
  const [saved, setSaved] = useState(false);
  const formRef = useRef<HTMLFormElement>(null);
  const set = (part: Partial<typeof values>): void => {
    setValues({ ...values, ...part });
    setErrors({});
    setSaved(false);
  };
  const refuse = (next: typeof errors): void => {
    setErrors(next);
    focusFirstError(formRef.current);
  };
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const website = withScheme(values.website);
    setValues({ ...values, website });
    if (values.name.trim() === '') return refuse({ name: t`What is your organization called?` });
    const body = {
      name: values.name.trim(),
      // What is left out stays as it is.
      ...(values.size === '' ? {} : { size: values.size }),
      ...(website.trim() === '' ? {} : { website: website.trim() }),
    };
    const done = await change('save', async () => {
      try {
        await unwrap(describeOrganization({ body }));
      } catch (error) {
        if (!(error instanceof ApiError) || !error.fields['website']) throw error;
        refuse({ website: t`Use a full address, like https://example.com.` });
        return;
      }
      setSaved(true);
    });
    return done ? undefined : setSaved(false);
  };
  return (
    <form ref={formRef} className={classes.form} onSubmit={send} noValidate>
      <FailureNote failure={failure} />
      {saved && (
        <Callout tone="good">
          <Trans>That is saved.</Trans>
        </Callout>
      )}
      <TextInput
        label={t`Name`}
        required
        withAsterisk={false}
        value={values.name}
        error={errors.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Select
        label={t`How many people work there?`}
        placeholder={t`Choose the closest`}
        data={sizeOptions(data)}
        allowDeselect={false}
        value={values.size || null}
        onChange={(size) => set({ size: size ?? '' })}
      />
      <TextInput
        label={t`Website`}
        type="url"
        inputMode="url"
        placeholder={'https://'}
        value={values.website}
        error={errors.website}
        onChange={(event) => set({ website: event.currentTarget.value })}
      />
      <div className={classes.ways}>
        <Button type="submit" loading={busy === 'save'}>
          <Trans>Save</Trans>
        </Button>
      </div>
    </form>
  );
}
