import { useLingui } from '@lingui/react/macro';
import classes from './Cluster.module.css';
import { LineChart } from './LineChart';
import { type Lines, perSecond } from './model';

/** Requests, errors and latency over time. */
export function Charts({ lines, small = false }: { lines: Lines; small?: boolean }) {
  const { t, i18n } = useLingui();
  const { stepSeconds, from, to } = lines;
  const rate = (value: number): string => t`${i18n.number(value, digitsOf(value))}/s`;
  const milliseconds = (value: number): string => t`${i18n.number(value, digitsOf(value))} ms`;
  return (
    <div className={classes.charts} data-small={small || undefined}>
      <LineChart
        title={t`Requests`}
        small={small}
        from={from}
        to={to}
        format={rate}
        lines={[
          { name: t`all`, tone: 'main', values: perSecond(lines.requests, stepSeconds) },
          { name: t`errors`, tone: 'bad', values: perSecond(lines.errors, stepSeconds) },
        ]}
      />
      <LineChart
        title={t`Latency`}
        small={small}
        from={from}
        to={to}
        format={milliseconds}
        lines={[
          { name: t`half`, tone: 'second', values: lines.p50 },
          { name: t`99 of 100`, tone: 'main', values: lines.p99 },
        ]}
      />
    </div>
  );
}

/** Small values need digits after the point, great ones none. */
function digitsOf(value: number): Intl.NumberFormatOptions {
  return { maximumFractionDigits: value < 10 ? 1 : 0 };
}
