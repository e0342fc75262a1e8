import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Skeleton, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { unwrap } from '../../api';
import { claimDomain, dropDomain } from '../../generated';
import { useWizard } from '../../onboarding/WizardProvider';
import { domainsQuery } from '../../organization/queries';
import { FailureNote } from '../../ui/FailureNote';
import { formatDay } from '../../ui/format';
import { localeOf } from '../onboarding/preferences';
import { OutOfReach } from '../OutOfReach';
import classes from './Organization.module.css';
import { useChange, useOrganization } from './useOrganization';

/** The mail domains by which colleagues find the organization. An admin of the service looks at each claim. */
export function Domains() {
  const { user, state } = useWizard();
  const { isOwner } = useOrganization();
  const { data, error, refetch } = useQuery(domainsQuery(user.id));
  const { busy, failure, change } = useChange();
  return (
    <>
      <FailureNote failure={failure} />
      {error && !data && <OutOfReach error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={56} />}
      {data?.length === 0 && (
        <p className={classes.none}>
          <Trans>No domain so far.</Trans>
        </p>
      )}
      {data && data.length > 0 && (
        <ul className={classes.list} aria-label={t`Domains`}>
          {data.map(({ domain, verified_at }) => (
            <li key={domain} className={classes.item}>
              <p className={classes.who}>
                <strong dir="ltr">{domain}</strong>
                <span>{verifiedWords(verified_at, localeOf(state))}</span>
              </p>
              {isOwner && (
                <Button
                  size="xs"
                  variant="default"
                  loading={busy === domain}
                  aria-label={t`Give up ${domain}`}
                  onClick={() => void change(domain, () => unwrap(dropDomain({ path: { domain } })))}
                >
                  <Trans>Give up</Trans>
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {isOwner && (
        <Claim own={user.email.split('@')[1] ?? ''} taken={data?.map(({ domain }) => domain) ?? []} />
      )}
    </>
  );
}

function verifiedWords(at: string | null, locale: string | undefined): string {
  if (at === null) return t`Claimed. An admin of this service looks at it`;
  const day = formatDay(at, locale);
  return t`Yours since ${day}: colleagues with an address there can join by themselves`;
}

function Claim({ own, taken }: { own: string; taken: readonly string[] }) {
  const { busy, failure, change } = useChange();
  const [domain, setDomain] = useState(taken.includes(own) ? '' : own);
  const [error, setError] = useState<string>();
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const claimed = domain.trim().replace(/^@/, '');
    if (!claimed.includes('.')) return setError(t`Enter a domain like example.com.`);
    if (await change('claim', () => unwrap(claimDomain({ body: { domain: claimed } })))) setDomain('');
    return undefined;
  };
  return (
    <form className={classes.form} onSubmit={send} noValidate>
      <FailureNote failure={failure} />
      <TextInput
        label={t`Domain of your mail addresses`}
        description={t`What stands behind the @. You need a confirmed address there yourself.`}
        dir="ltr"
        autoComplete="off"
        spellCheck={false}
        value={domain}
        error={error}
        onChange={(event) => {
          setDomain(event.currentTarget.value);
          setError(undefined);
        }}
      />
      <div className={classes.ways}>
        <Button type="submit" variant="default" loading={busy === 'claim'}>
          <Trans>Claim it</Trans>
        </Button>
      </div>
    </form>
  );
}
