import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useWizard } from '../../onboarding/WizardProvider';
import { organizationKey, organizationQuery } from '../../organization/queries';
import { useAction } from '../../ui/useAction';
import { refusalOf } from './refusals';

/** The person's organization, and whether they own it. */
export function useOrganization() {
  const { user } = useWizard();
  const query = useQuery(organizationQuery(user.id));
  return { ...query, isOwner: query.data?.role === 'owner' };
}

/** Changes of the organization. All that is known of it is asked for anew after each. */
export function useChange() {
  const { user } = useWizard();
  const queries = useQueryClient();
  const { run, ...rest } = useAction(refusalOf);
  const change = (what: string, act: () => Promise<unknown>): Promise<boolean> =>
    run(what, async () => {
      await act();
      // What failed to load says so where it stands.
      await queries.invalidateQueries({ queryKey: organizationKey(user.id) });
    });
  return { ...rest, change };
}
