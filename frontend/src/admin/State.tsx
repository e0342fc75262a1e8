import { useLingui } from '@lingui/react';
import { Badge } from './Badge';
import type { StateWords } from './people/people-words';

/** A state as a badge; one that this page does not know is shown as the service calls it. */
export function State({ of, states }: { of: string; states: Readonly<Record<string, StateWords>> }) {
  const { _ } = useLingui();
  const known = states[of];
  return known ? <Badge tone={known.tone}>{_(known.words)}</Badge> : <Badge tone="plain">{of}</Badge>;
}
