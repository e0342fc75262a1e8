/** Which part of the map is seen: all of it, where the path starts, or where it ends. */
const VIEWS = { whole: '0 0 640 900', start: '0 560 640 320', summit: '60 300 600 300' };

interface HillsProps {
  className?: string | undefined;
  view?: keyof typeof VIEWS;
}

/** Contour lines of a map, and the path over them. Drawn, so that it weighs nothing and is sharp everywhere. */
export function Hills({ className, view = 'whole' }: HillsProps) {
  return (
    <svg className={className} viewBox={VIEWS[view]} preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <g fill="none" stroke="#a1d8c7" strokeWidth="1.200">
        {CONTOURS.map(([x, y, size, turn]) => (
          <path
            key={`${x}-${size}`}
            d={ring(size)}
            opacity={0.1 + 12 / (size + 90)}
            transform={`translate(${x} ${y}) rotate(${turn})`}
          />
        ))}
      </g>
      <path
        d="M560 900C560 850 610 800 560 730S210 690 210 590 430 500 430 420"
        fill="none"
        stroke="#f4b345"
        strokeWidth="3.500"
        strokeLinecap="round"
        strokeDasharray="0.100 12"
      />
      <path d="M430 420v-56" stroke="#f4b345" strokeWidth="3.500" strokeLinecap="round" />
      <path d="M430 366h44l14 13-14 13h-44z" fill="#f4b345" />
    </svg>
  );
}

/** Centre, size and turn of each ring. */
const CONTOURS: ReadonlyArray<readonly [number, number, number, number]> = [
  ...[30, 62, 98, 138, 184, 238, 300, 372, 450].map((size) => [430, 430, size, size / 9] as const),
  ...[24, 52, 86, 128, 178, 236].map((size) => [110, 720, size, 40 - size / 6] as const),
];

type Point = readonly [number, number];

function middle(a: Point, b: Point): string {
  return `${((a[0] + b[0]) / 2).toFixed(1)} ${((a[1] + b[1]) / 2).toFixed(1)}`;
}

/** A closed, uneven ring around the origin. */
function ring(size: number): string {
  const points = Array.from({ length: 12 }, (_, i) => {
    const angle = (i / 12) * 2 * Math.PI;
    const uneven = 1 + 0.16 * Math.sin(angle * 2 + size / 80) + 0.09 * Math.cos(angle * 3 - size / 60);
    return [Math.cos(angle) * size * uneven * 1.15, Math.sin(angle) * size * uneven * 0.9] as const;
  });
  return `${points.map((point, i) => segment(points, point, i)).join('')}Z`;
}

/** A smooth curve through the middles of the sides. */
function segment(points: readonly Point[], point: Point, i: number): string {
  const next = points[(i + 1) % points.length] ?? point;
  const after = points[(i + 2) % points.length] ?? next;
  const start = i === 0 ? `M${middle(point, next)}` : '';
  return `${start}Q${next[0].toFixed(1)} ${next[1].toFixed(1)} ${middle(next, after)}`;
}
