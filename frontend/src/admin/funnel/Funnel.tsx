import { useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { unwrap } from '../../api';
import type { FunnelBody } from '../../generated';
import { CardSkeleton } from '../../ui/AppSkeleton';
import { formatMoment } from '../../ui/format';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Admin.module.css';
import { funnel } from '../api';
import { Failed } from '../Failed';
import { ChoiceFilter } from '../Filter';
import { Refresh } from '../Refresh';
import { useFilters } from '../useFilters';
import own from './Funnel.module.css';
import { FunnelGroups } from './FunnelGroups';
import { FunnelSteps } from './FunnelSteps';

const FILTERS = ['by', 'group'] as const;

/** How far everybody is: by step, and by groups of people. */
export function Funnel() {
  const { t } = useLingui();
  const { values, set } = useFilters(FILTERS);
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['admin', 'funnel', values.by],
    queryFn: ({ signal }) => unwrap(funnel({ query: values.by ? { by: values.by } : {}, signal })),
    // One look at other groups is no reason to show nothing.
    placeholderData: keepPreviousData,
  });
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <PageHeading
          title={t`Funnel`}
          heading={t`Funnel`}
          lead={
            data
              ? t`How far people are with the onboarding, as of ${formatMoment(data.as_of)}.`
              : t`How far people are with the onboarding.`
          }
        />
        <div className={classes.ways}>
          <ChoiceFilter
            label={t`Tell apart by`}
            value={values.by}
            onChange={(by) => set({ by, group: '' })}
            options={[
              ['', t`Nothing: everybody`],
              ['week', t`Week of registration`],
              ['version', t`Version of the template`],
              ['country', t`Country`],
            ]}
          />
          <Refresh
            className={own.refresh}
            loading={isFetching && data !== undefined}
            onClick={() => void refetch()}
          />
        </div>
      </div>
      {!data && !error && <CardSkeleton />}
      {error && <Failed error={error} onRetry={refetch} />}
      {data && !error && (
        <Counted data={data} by={values.by} group={values.group} onGroup={(group) => set({ group })} />
      )}
    </div>
  );
}

interface CountedProps {
  data: FunnelBody;
  by: string;
  group: string;
  onGroup: (group: string) => void;
}

function Counted({ data, by, group, onGroup }: CountedProps) {
  const { t } = useLingui();
  if (data.registered === 0) {
    return (
      <div className={classes.card}>
        <p className={classes.empty}>{t`Nobody has registered yet, so there is nothing to count.`}</p>
      </div>
    );
  }
  const chosen = data.groups?.find(({ value }) => value === group);
  return (
    <>
      {data.groups && <FunnelGroups groups={data.groups} by={by} chosen={chosen?.value} onChoose={onGroup} />}
      <FunnelSteps counts={chosen ?? data} by={by} group={chosen?.value} />
    </>
  );
}
