import type { StepData } from './steps';

/** A member that both sides changed, to different values. */
export interface Conflict {
  field: string;
  mine: unknown;
  theirs: unknown;
}

export interface Merged {
  data: StepData;
  /** Members that the other side changed and this one had left alone. */
  taken: string[];
  /** Members where mine was kept although the other side changed it, too. */
  conflicts: Conflict[];
}

/**
 * Three-way merge of a step's data, member by member: `base` is what both started from.
 * What this person typed is never lost; where both changed a member, mine stays and the other is reported.
 */
export function merge(base: StepData, mine: StepData, theirs: StepData): Merged {
  const merged: Merged = { data: {}, taken: [], conflicts: [] };
  for (const field of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])) {
    const changedHere = !same(mine[field], base[field]);
    const changedThere = !same(theirs[field], base[field]);
    const value = changedHere ? mine[field] : theirs[field];
    if (value !== undefined) merged.data[field] = value;
    if (!changedThere || same(mine[field], theirs[field])) continue;
    if (changedHere) merged.conflicts.push({ field, mine: mine[field], theirs: theirs[field] });
    else merged.taken.push(field);
  }
  return merged;
}

/** Equal as JSON, whatever the order of members. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
