import { useLingui } from '@lingui/react/macro';
import classes from './Cluster.module.css';
import { latest, most } from './model';

type Values = ReadonlyArray<number | null>;

export interface ChartLine {
  name: string;
  tone: 'main' | 'second' | 'bad';
  values: Values;
}

interface LineChartProps {
  title: string;
  lines: readonly ChartLine[];
  /** How a value is written, with its unit. */
  format: (value: number) => string;
  from: string | null;
  to: string | null;
  small?: boolean;
}

const HEIGHT = 40;

/** Values over time. Whoever does not see it reads what is now and what was most. */
export function LineChart({ title, lines, format, from, to, small = false }: LineChartProps) {
  const { t } = useLingui();
  const top = Math.max(0, ...lines.map(({ values }) => most(values) ?? 0));
  const words = lines.map(({ name, values }) => {
    const [now, highest] = [latest(values), most(values)];
    return now === undefined || highest === undefined
      ? t`${name}: nothing known`
      : t`${name}: ${format(now)} now, at most ${format(highest)}`;
  });
  const slots = Math.max(1, ...lines.map(({ values }) => values.length));
  return (
    <figure className={classes.chart} data-small={small || undefined}>
      <figcaption className={classes.chartHead}>
        <strong>{title}</strong>
        {lines.map(({ name, tone, values }) => (
          <span key={name} className={classes.key}>
            <span className={classes.mark} data-tone={tone} aria-hidden="true" />
            {name} <b>{latest(values) === undefined ? '–' : format(latest(values) ?? 0)}</b>
          </span>
        ))}
      </figcaption>
      <div className={classes.plot}>
        <span className={classes.top} aria-hidden="true">
          {top > 0 && format(top)}
        </span>
        <svg
          role="img"
          aria-label={`${title}. ${words.join('. ')}`}
          className={classes.lines}
          viewBox={`0 0 ${slots} ${HEIGHT}`}
          preserveAspectRatio="none"
        >
          {lines.map(({ name, tone, values }) => (
            <path
              key={name}
              data-tone={tone}
              d={pathOf(values, slots, top)}
              vectorEffect="non-scaling-stroke"
            />
          ))}
        </svg>
      </div>
      {from && to && (
        <p className={classes.times} aria-hidden="true">
          <span>{clock(from)}</span>
          <span>{clock(to)}</span>
        </p>
      )}
    </figure>
  );
}

/** A line through all that is known, with gaps where nothing is. */
export function pathOf(values: Values, slots: number, top: number): string {
  const first = slots - values.length;
  let isDrawing = false;
  return values
    .map((value, at) => {
      const begins = !isDrawing;
      isDrawing = value !== null;
      if (value === null) return '';
      const x = first + at + 0.5;
      const y = top === 0 ? HEIGHT - 1 : HEIGHT - 1 - (value / top) * (HEIGHT - 2);
      // One value alone is a dash: a line needs two ends.
      return begins ? `M${x - 0.5} ${round(y)}L${x} ${round(y)}` : `L${x} ${round(y)}`;
    })
    .join('');
}

const round = (value: number): number => Math.round(value * 100) / 100;

function clock(time: string): string {
  return new Intl.DateTimeFormat(navigator.language, { timeStyle: 'short' }).format(new Date(time));
}
