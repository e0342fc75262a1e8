import { useLingui } from '@lingui/react';
import type { SilenceBody } from '../../generated';
import { Callout } from '../../ui/Callout';
import { SILENCES } from './cluster-words';

/** Why somebody did not answer, in words. */
export function Silence({ of }: { of: SilenceBody | null }) {
  const { _ } = useLingui();
  if (!of) return null;
  const words = SILENCES[of.code];
  return (
    <Callout tone="note">
      <span title={of.detail}>{words ? _(words) : of.detail}</span>
    </Callout>
  );
}
