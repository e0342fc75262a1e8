import type { Failure } from '../api/words';
import { Callout } from './Callout';
import { RequestId } from './RequestId';

/** What went wrong with the whole form or page. */
export function FailureNote({ failure }: { failure: Failure | undefined }) {
  if (!failure) return null;
  return (
    <Callout tone="bad" action={failure.requestId && <RequestId id={failure.requestId} />}>
      {failure.words}
    </Callout>
  );
}
