import { TextInput } from '@mantine/core';
import type { MessageDescriptor } from '@lingui/core';
import { useLingui } from '@lingui/react';
import { useLingui as useWords } from '@lingui/react/macro';
import { useMemo, useState } from 'react';
import { unwrap } from '../../api';
import type { MessageBody } from '../../generated';
import { Callout } from '../../ui/Callout';
import { PageHeading } from '../../ui/PageHeading';
import classes from '../Admin.module.css';
import { listMails, listWebhooks, replayMail, replayWebhook } from '../api';
import { ChoiceFilter, DayFilter } from '../Filter';
import { FilterBar } from '../FilterBar';
import { ReasonDialog } from '../ReasonDialog';
import { Refresh } from '../Refresh';
import { DataTable } from '../table/DataTable';
import { type Filters, given, momentOf, useFilters } from '../useFilters';
import { usePages } from '../usePages';
import { EVENT_TYPES, MAIL_TYPES } from './message-words';
import { ReplayMany } from './ReplayMany';
import { useMessageColumns } from './useMessageColumns';

const FILTERS = ['state', 'type', 'from', 'until', 'user'] as const;
export type MessageFilter = (typeof FILTERS)[number];
type Kind = 'mails' | 'webhooks';

/** What is written to people. */
export function Mails() {
  return <Messages kind="mails" />;
}

/** What other programs are told. */
export function Webhooks() {
  return <Messages kind="webhooks" />;
}

const TYPES: Record<Kind, Readonly<Record<string, MessageDescriptor>>> = {
  mails: MAIL_TYPES,
  webhooks: EVENT_TYPES,
};
const LISTS = { mails: listMails, webhooks: listWebhooks };
const REPLAYS = { mails: replayMail, webhooks: replayWebhook };

/** Messages that wait, were sent or were given up, and sending them again. */
function Messages({ kind }: { kind: Kind }) {
  const { t } = useWords();
  const filters = useFilters(FILTERS);
  const { state, type, from, until, user } = filters.values;
  const query = useMemo(
    () => given({ state, type, user_id: user, from: momentOf(from), before: momentOf(until, 1) }),
    [state, type, user, from, until],
  );
  const pages = usePages([kind, query], (cursor, signal) =>
    unwrap(LISTS[kind]({ query: { ...query, ...(cursor ? { cursor } : {}) }, signal })),
  );
  const [asked, setAsked] = useState<MessageBody>();
  const [done, setDone] = useState<string>();
  const tell = (words: string): void => {
    setAsked(undefined);
    setDone(words);
    pages.refresh();
  };
  const isMails = kind === 'mails';
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <PageHeading
          title={isMails ? t`Mails` : t`Webhooks`}
          heading={isMails ? t`Mails` : t`Webhooks`}
          lead={
            isMails
              ? t`What is written to people: waiting, sent in the last 7 days, or given up in the last 30. Nobody sees here what a mail says.`
              : t`What other programs are told: waiting, sent, or given up.`
          }
        />
        <div className={classes.ways}>
          <Refresh onClick={pages.refresh} />
          {!isMails && <ReplayMany query={query} onDone={tell} />}
        </div>
      </div>
      {done && <Callout tone="good">{done}</Callout>}
      <div className={classes.card}>
        <MessageFilters kind={kind} filters={filters} />
        <DataTable
          label={isMails ? t`Mails` : t`Webhooks`}
          columns={useMessageColumns(TYPES[kind], isMails, setAsked)}
          pages={pages}
          keyOf={({ id }) => id}
          empty={
            <p className={classes.empty}>
              {filters.any ? t`Nothing fits these filters.` : t`Nothing was written yet.`}
            </p>
          }
        />
      </div>
      {asked && (
        <ReasonDialog
          title={isMails ? t`Send this mail again?` : t`Tell this event again?`}
          lead={
            isMails
              ? t`It goes to ${asked.recipient ?? ''} once more. This cannot be taken back.`
              : t`The receiver gets it under the same id, so that one who keeps to the rules does nothing twice.`
          }
          confirm={t`Send again`}
          send={(reason) => unwrap(REPLAYS[kind]({ path: { id: asked.id }, body: { reason } }))}
          onDone={() => tell(t`It is on its way again.`)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

function MessageFilters({ kind, filters }: { kind: Kind; filters: Filters<MessageFilter> }) {
  const { _ } = useLingui();
  const { t } = useWords();
  const { values, set, clear, any } = filters;
  const types = Object.entries(TYPES[kind]).map(([code, words]) => [code, _(words)] as const);
  return (
    <FilterBar any={any} clear={clear}>
      <ChoiceFilter
        label={t`State`}
        value={values.state}
        onChange={(state) => set({ state })}
        options={[
          ['', t`All`],
          ['waiting', t`Waiting`],
          ['sent', t`Sent`],
          ['dead', t`Given up`],
        ]}
      />
      <ChoiceFilter
        label={t`What`}
        value={values.type}
        onChange={(type) => set({ type })}
        options={[['', t`Everything`], ...types]}
      />
      <DayFilter label={t`From`} value={values.from} onChange={(from) => set({ from })} />
      <DayFilter label={t`Until`} value={values.until} onChange={(until) => set({ until })} />
      {values.user && <TextInput size="sm" label={t`Account`} value={values.user} readOnly />}
    </FilterBar>
  );
}
