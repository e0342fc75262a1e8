import { Button } from '@mantine/core';
import type { MessageDescriptor } from '@lingui/core';
import { plural } from '@lingui/core/macro';
import { useLingui } from '@lingui/react';
import { useLingui as useWords } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { MessageBody } from '../../generated';
import { formatMoment } from '../../ui/format';
import classes from '../Admin.module.css';
import { State } from '../State';
import type { Column } from '../table/DataTable';
import { MESSAGE_STATES } from './message-words';

/** The columns of a table of messages. `onAgain` asks for one to be sent again: what a sent mail said is not kept. */
export function useMessageColumns(
  types: Readonly<Record<string, MessageDescriptor>>,
  isMails: boolean,
  onAgain: (message: MessageBody) => void,
): ReadonlyArray<Column<MessageBody>> {
  const { _ } = useLingui();
  const { t } = useWords();
  const nameOf = (type: string): string => (types[type] ? _(types[type]) : type);
  return [
    {
      key: 'what',
      header: t`What`,
      width: 'minmax(0, 1.6fr)',
      cell: ({ type, sequence }) => (
        <div className={classes.stack}>
          <span>{nameOf(type)}</span>
          {!isMails && (
            <small className={classes.code} dir="ltr">
              {type}
              {sequence !== null && ` · ${sequence}`}
            </small>
          )}
        </div>
      ),
    },
    {
      key: 'whom',
      header: isMails ? t`To` : t`Concerns`,
      width: 'minmax(0, 1.6fr)',
      cell: ({ recipient, user_id }) =>
        user_id ? (
          <Link to={`/admin/people/${user_id}`} dir="ltr">
            {recipient ?? t`the account`}
          </Link>
        ) : (
          (recipient ?? t`Nobody known`)
        ),
    },
    {
      key: 'state',
      header: t`State`,
      width: 'minmax(0, 1.8fr)',
      cell: (message) => <MessageState message={message} />,
    },
    {
      key: 'written',
      header: t`Written`,
      width: 'minmax(0, 1.1fr)',
      cell: ({ created_at }) => formatMoment(created_at),
    },
    {
      key: 'again',
      header: t`Again`,
      width: '7.5rem',
      cell: (message) =>
        (message.state === 'dead' || (message.state === 'sent' && !isMails)) && (
          <Button
            size="xs"
            variant="default"
            aria-label={t`Send again: ${nameOf(message.type)}, ${message.recipient ?? message.id}`}
            onClick={() => onAgain(message)}
          >
            {t`Send again`}
          </Button>
        ),
    },
  ];
}

function MessageState({ message }: { message: MessageBody }) {
  const { t } = useWords();
  const { state, attempts, next_attempt_at, sent_at, dead_at, last_error } = message;
  const tries = plural(attempts, { one: '# try', other: '# tries' });
  return (
    <div className={classes.stack}>
      <State of={state} states={MESSAGE_STATES} />
      {sent_at && <small>{t`sent ${formatMoment(sent_at)}`}</small>}
      {dead_at && <small>{t`given up ${formatMoment(dead_at)}, after ${tries}`}</small>}
      {state === 'waiting' && next_attempt_at && attempts > 0 && (
        <small>{t`next try ${formatMoment(next_attempt_at)}, after ${tries} so far`}</small>
      )}
      {last_error && state !== 'sent' && (
        <small className={classes.code} dir="auto">
          {last_error}
        </small>
      )}
    </div>
  );
}
