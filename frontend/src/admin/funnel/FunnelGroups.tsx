import { Button } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { FunnelGroupBody } from '../../generated';
import classes from '../Admin.module.css';
import own from './Funnel.module.css';
import { groupName } from './group-name';
import { NumberTable } from './NumberTable';
import { lasting, percentOf } from './numbers';

interface FunnelGroupsProps {
  groups: FunnelGroupBody[];
  by: string;
  chosen: string | undefined;
  onChoose: (group: string) => void;
}

const FIRST = 12;
const HEIGHT = 100;
const COLUMN = 10;
/** With fewer columns they are no wider. */
const FEWEST = 6;

/** Groups of people beside each other: how many have registered, and how many of them have completed. */
export function FunnelGroups({ groups, by, chosen, onChoose }: FunnelGroupsProps) {
  const { t } = useLingui();
  const [all, setAll] = useState(false);
  const shown = all ? groups : groups.slice(0, FIRST);
  const more = groups.length - shown.length;
  // Weeks come newest first, and time runs with the direction of reading.
  const columns = by === 'week' ? shown.toReversed() : shown;
  return (
    <section className={classes.card} aria-labelledby="funnel-groups">
      <h2 id="funnel-groups">
        {by === 'week'
          ? t`By week of registration`
          : by === 'version'
            ? t`By version of the template`
            : t`By country`}
      </h2>
      <div className={own.beside}>
        <GroupChart groups={columns} by={by} />
        <GroupTable groups={shown} by={by} chosen={chosen} onChoose={onChoose} />
      </div>
      {more > 0 && (
        <div className={classes.ways}>
          <Button size="sm" variant="default" onClick={() => setAll(true)}>
            {t`Show ${more} more`}
          </Button>
        </div>
      )}
    </section>
  );
}

function GroupChart({ groups, by }: { groups: FunnelGroupBody[]; by: string }) {
  const { t, i18n } = useLingui();
  const name = (value: string): string => groupName(by, value, i18n.locale, t`No country chosen`);
  const most = Math.max(1, ...groups.map(({ registered }) => registered));
  const height = (count: number): number => (count / most) * HEIGHT;
  const first = groups[0]?.value ?? '';
  const last = groups.at(-1)?.value ?? '';
  return (
    <figure className={own.chart}>
      <svg
        role="img"
        aria-label={t`Chart of the groups; the table beside it has the same numbers`}
        className={own.columns}
        viewBox={`0 0 ${Math.max(groups.length, FEWEST) * COLUMN} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        {groups.map(({ value, registered, completed }, at) => (
          <g key={value}>
            <title>{t`${name(value)}: ${registered} registered, ${completed} completed`}</title>
            <rect
              className={own.reached}
              x={at * COLUMN + 1}
              y={HEIGHT - height(registered)}
              width={COLUMN - 2}
              height={height(registered)}
            />
            <rect
              data-part="completed"
              x={at * COLUMN + 1}
              y={HEIGHT - height(completed)}
              width={COLUMN - 2}
              height={height(completed)}
            />
          </g>
        ))}
      </svg>
      <figcaption className={own.ends} aria-hidden="true">
        <bdi>{name(first)}</bdi>
        {groups.length > 1 && <bdi>{name(last)}</bdi>}
      </figcaption>
      <ul className={own.legend} aria-hidden="true">
        <li>
          <span className={own.sample} data-part="completed" />
          {t`Completed`}
        </li>
        <li>
          <span className={own.sample} data-part="reached" />
          {t`Registered, at most ${most}`}
        </li>
      </ul>
    </figure>
  );
}

function GroupTable({ groups, by, chosen, onChoose }: FunnelGroupsProps) {
  const { t, i18n } = useLingui();
  const heads = [t`Group`, t`Registered`, t`Completed`, t`Share`, t`Stuck`, t`Median`];
  const rows = groups.map(({ value, registered, completed, stuck, median_seconds }) => ({
    key: value,
    name: (
      <button
        type="button"
        dir="auto"
        className={own.choose}
        aria-pressed={value === chosen}
        onClick={() => onChoose(value === chosen ? '' : value)}
      >
        {groupName(by, value, i18n.locale, t`No country chosen`)}
      </button>
    ),
    numbers: [
      registered,
      completed,
      t`${percentOf(completed, registered)} %`,
      stuck,
      lasting(median_seconds, i18n.locale),
    ],
  }));
  return (
    <div>
      <NumberTable
        caption={t`The groups in numbers. Choose one to see its steps.`}
        heads={heads}
        rows={rows}
      />
    </div>
  );
}
