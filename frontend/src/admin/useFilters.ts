import { useCallback, useMemo } from 'react';
import { useLocation, useNavigate } from 'react-router';

export interface Filters<K extends string> {
  /** What the address says; empty where it says nothing. */
  values: Readonly<Record<K, string>>;
  /** Writes filters into the address; an empty one is taken out of it. */
  set: (change: Partial<Record<K, string>>) => void;
  /** Takes all of them out. */
  clear: () => void;
  /** Whether any is set. */
  any: boolean;
}

/** Filters that live in the address, so that they outlast a reload and can be passed on. */
export function useFilters<K extends string>(names: readonly K[]): Filters<K> {
  const { search } = useLocation();
  const navigate = useNavigate();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const set = useCallback(
    (change: Partial<Record<K, string>>) => {
      const next = new URLSearchParams(params);
      for (const [name, value] of Object.entries<string | undefined>(change)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      void navigate({ search: next.toString() }, { replace: true });
    },
    [navigate, params],
  );
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<K, string>;
  const clear = (): void => set(Object.fromEntries(names.map((name) => [name, ''])) as Record<K, string>);
  return { values, set, clear, any: names.some((name) => values[name] !== '') };
}

/** What is given, for a query: empty texts are left out. */
export function given<T extends Record<string, string | undefined>>(query: T): Partial<T> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value)) as Partial<T>;
}

/** The moment at which a day (`2026-11-28`) begins here, or the day after it; nothing where it is no day. */
export function momentOf(day: string, after = 0): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return undefined;
  const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + after);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** The moment so many hours ago. */
export function hoursAgo(hours: number): string {
  return new Date(Date.now() - hours * 3_600_000).toISOString();
}
