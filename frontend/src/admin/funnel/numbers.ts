/** A share in percent, whole; nothing of nothing is 0. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 100);
}

/** So many seconds in the largest two units that say something, as the reader's language writes them. */
export function lasting(seconds: number | null, locale: string): string {
  if (seconds === null) return '–';
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const first = units.findIndex(([, length]) => seconds >= length);
  const from = first === -1 ? units.length - 1 : first;
  let left = Math.round(seconds);
  const parts = units.slice(from, from + 2).flatMap(([unit, length]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' });
    return count > 0 ? [format.format(count)] : [];
  });
  return parts.length > 0 ? parts.join(' ') : '0';
}
