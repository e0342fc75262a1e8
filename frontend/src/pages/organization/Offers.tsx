import { Plural, Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { unwrap } from '../../api';
import { joinOrganization } from '../../generated';
import { useWizard } from '../../onboarding/WizardProvider';
import { offersQuery } from '../../organization/queries';
import { FailureNote } from '../../ui/FailureNote';
import classes from './Organization.module.css';
import { useChange } from './useOrganization';

/** Organizations that have the domain of the person's confirmed address. Nothing where there are none. */
export function Offers({ onJoined }: { onJoined?: () => Promise<unknown> }) {
  const { user } = useWizard();
  const { data } = useQuery(offersQuery(user.id));
  const { busy, failure, change } = useChange();
  if (!data || data.length === 0) return null;
  return (
    <div className={classes.offers} data-wide>
      <FailureNote failure={failure} />
      {data.map(({ id, name, members }) => (
        <div key={id} className={classes.offer}>
          <p className={classes.who}>
            <strong dir="auto">{name}</strong>
            <span>
              <Trans>
                Has the domain of your address, and{' '}
                <Plural value={members} one="# member" other="# members" />
              </Trans>
            </span>
          </p>
          <Button
            loading={busy === id}
            onClick={() =>
              void change(id, async () => {
                await unwrap(joinOrganization({ path: { id } }));
                await onJoined?.();
              })
            }
          >
            <Trans>Join</Trans>
          </Button>
        </div>
      ))}
    </div>
  );
}
