import { Button } from '@mantine/core';
import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import { unwrap } from '../../api';
import type { ReplayRequest } from '../../generated';
import { ReasonDialog } from '../ReasonDialog';
import { replayWebhooks } from '../api';

type Query = Omit<ReplayRequest, 'reason' | 'cursor'>;

/** Tells all events again that the filters leave, a hundred with each call. */
export function ReplayMany({ query, onDone }: { query: Query; onDone: (words: string) => void }) {
  const { t } = useLingui();
  const [asked, setAsked] = useState(false);
  const [told, setTold] = useState(0);
  // Where a call fails, the next try goes on behind what was told already.
  const progress = useRef<{ cursor: string | null; count: number }>({ cursor: null, count: 0 });
  const begin = (): void => {
    progress.current = { cursor: null, count: 0 };
    setTold(0);
    setAsked(true);
  };
  const send = async (reason: string): Promise<void> => {
    for (;;) {
      const { cursor, count } = progress.current;
      // oxlint-disable-next-line no-await-in-loop -- each call goes on where the one before has ended
      const { replayed, next_cursor } = await unwrap(
        replayWebhooks({ body: { ...query, reason, ...(cursor ? { cursor } : {}) } }),
      );
      progress.current = { cursor: next_cursor, count: count + replayed };
      setTold(count + replayed);
      if (next_cursor === null) return;
    }
  };
  return (
    <>
      <Button size="sm" variant="default" onClick={begin}>
        {t`Tell all of these again …`}
      </Button>
      {asked && (
        <ReasonDialog
          title={t`Tell all events again that the filters show?`}
          lead={
            told > 0
              ? t`${told} so far.`
              : t`The oldest go first, those of one person in their order. This cannot be taken back.`
          }
          confirm={t`Tell them again`}
          send={send}
          onDone={() => {
            setAsked(false);
            const { count } = progress.current;
            onDone(
              plural(count, {
                one: '# event is on its way again.',
                other: '# events are on their way again.',
              }),
            );
          }}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}
