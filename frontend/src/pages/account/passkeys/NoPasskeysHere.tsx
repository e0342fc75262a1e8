import { Trans } from '@lingui/react/macro';
import { passkeysPossible } from '../../../passkeys/possible';
import classes from '../Account.module.css';

/** Why no passkey can be added. `origin` is a page where that would be possible. */
export function NoPasskeysHere({ origin }: { origin: string | null }) {
  const elsewhere = origin !== null && new URL(origin).host !== window.location.host ? origin : undefined;
  return (
    <p className={classes.hint}>
      {elsewhere !== undefined ? (
        <Trans>
          Passkeys can be added at another address of this page:{' '}
          <a href={`${elsewhere}/account#passkeys`} dir="ltr" translate="no">
            {elsewhere}
          </a>
        </Trans>
      ) : passkeysPossible() || origin === null ? (
        <Trans>Passkeys cannot be added at this address of the page.</Trans>
      ) : (
        <Trans>This browser cannot add passkeys.</Trans>
      )}
    </p>
  );
}
