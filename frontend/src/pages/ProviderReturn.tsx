import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Link, useLocation, useNavigate, useSearchParams } from 'react-router';
import { ApiError } from '../api/problem';
import { page } from '../app/page';
import type { AskedFactorBody } from '../generated';
import { comeBackFrom, type WayBack } from '../session/provider';
import { PageHeading } from '../ui/PageHeading';
import classes from './Credentials.module.css';

const SecondFactor = page(() => import('./factors/SecondFactor'), 'SecondFactor', 'factors');

/** What the person can do about a refusal, by its code. */
const WORDS: Record<string, string> = {
  get oidc_denied() {
    return t`Nobody was logged in there. You can try again, or log in another way.`;
  },
  get account_exists() {
    return t`There is an account with your e-mail address. Log in with its password; if you never chose one, or have forgotten it, we send you a link.`;
  },
  get oidc_email_missing() {
    return t`It told us no e-mail address, which an account needs.`;
  },
  get oidc_flow_expired() {
    return t`That took too long, or this link is an old one. Please try again.`;
  },
  get oidc_flow_used() {
    return t`This log-in was finished before. Please try again.`;
  },
  get oidc_flow_foreign() {
    return t`This log-in was begun in another browser. Please try again in this one.`;
  },
  get account_suspended() {
    return t`This account is suspended. Ask whoever runs this service.`;
  },
};

/** Where a provider sends people back to. */
export function ProviderReturn() {
  const provider = useLocation().pathname.split('/').at(-1) ?? '';
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const [failure, setFailure] = useState<string>();
  const [asked, setAsked] = useState<AskedFactorBody>();
  useEffect(() => {
    const way: WayBack = { state: query.get('state') ?? '' };
    for (const name of ['code', 'error', 'iss'] as const) {
      const value = query.get(name);
      if (value !== null) way[name] = value;
    }
    let gone = false;
    comeBackFrom(provider, way).then(
      () => !gone && navigate('/', { replace: true }),
      (error: unknown) => {
        if (gone) return;
        const refusal = error instanceof ApiError ? error : undefined;
        const known = WORDS[refusal?.code ?? ''];
        if (refusal?.secondFactor) setAsked(refusal.secondFactor);
        else setFailure(known ?? t`The log-in did not work. Please try again.`);
      },
    );
    return () => {
      gone = true;
    };
  }, [provider, query, navigate]);
  if (asked) {
    return (
      <SecondFactor
        asked={asked}
        onDone={() => void navigate('/', { replace: true })}
        onOver={() => void navigate('/log-in', { replace: true })}
      />
    );
  }
  if (failure === undefined) {
    return <PageHeading title={t`Log in`} heading={t`One moment`} lead={t`We are logging you in.`} />;
  }
  return (
    <>
      <PageHeading key="failed" title={t`Log in`} heading={t`You are not logged in`} lead={failure} />
      <div className={classes.form}>
        <Button component={Link} to="/log-in" size="lg">
          <Trans>Back to the log-in</Trans>
        </Button>
      </div>
    </>
  );
}
