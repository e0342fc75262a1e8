import { type Draft, type Drafts, type LeftText, nameIn, type OthersDraft } from './drafts';
import { same } from './merge';

/** A tab that has not typed for so long, and has not sent it either, is taken for closed where nobody can say. */
const SILENT_MS = 5 * 60 * 1000;

/** Which drafts of other tabs nobody will send any more. */
export function isLeft(live: ReadonlySet<string> | undefined, now = Date.now()) {
  return ({ tab, draft }: OthersDraft): boolean =>
    live ? !live.has(tab) : tab === '' || now - (draft.at ?? 0) > SILENT_MS;
}

/**
 * Takes over what closed tabs left: member by member, as if it had been typed here. Where this tab has other text for
 * the same member, that of the closed tab is kept to be shown. Gives the steps that have something new.
 */
export function adopt(drafts: Drafts, isLeftOne: (other: OthersDraft) => boolean): Set<string> {
  const changed = new Set<string>();
  for (const other of drafts.others().filter(isLeftOne)) {
    const { draft, left } = laidUnder(drafts.read(other.key), other.draft);
    drafts.keep(other.key, draft);
    if (left.length > 0) drafts.leave(other.key, [...drafts.left(other.key), ...left]);
    drafts.dropOther(other);
    changed.add(other.key);
  }
  return changed;
}

function laidUnder(mine: Draft | undefined, theirs: Draft): { draft: Draft; left: LeftText[] } {
  if (!mine) return { draft: theirs, left: [] };
  const draft: Draft = { ...mine, data: { ...mine.data } };
  const left: LeftText[] = [];
  for (const [field, text] of Object.entries(theirs.data)) {
    const typedThere = !same(text, theirs.base[field]);
    if (!typedThere || same(text, mine.data[field])) continue;
    if (same(mine.data[field], mine.base[field])) draft.data[field] = text;
    else left.push({ field, text, name: nameIn(theirs, field) });
  }
  return { draft, left };
}
