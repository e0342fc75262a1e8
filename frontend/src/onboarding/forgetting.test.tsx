import { act, screen } from '@testing-library/react';
import { useEffect } from 'react';
import { beforeEach, expect, test } from 'vitest';
import { storage } from '../api/storage';
import { TAB } from '../app/tab';
import { dismiss, type Reason } from '../session/session';
import { AsPerson } from '../test/AsPerson';
import { connect, signedUp } from '../test/person';
import { showAt } from '../test/render';
import { Drafts } from './drafts';

const TEXT = { data: { job_title: 'Typed, and not sent' }, base: {} };

/** Writes what it holds when it ends, as a form may when the service's answer to another tab comes in late. */
function LateForm({ drafts }: { drafts: Drafts }) {
  useEffect(() => () => drafts.keep('profile', TEXT), [drafts]);
  return <p>the form</p>;
}

beforeEach(connect);

test.each<[reason: Reason, kept: boolean]>([
  ['signed_out', false],
  ['closed', false],
  ['ended', true],
])('when the session is over because it is %s, unsent text stays: %s', async (reason, kept) => {
  const { id } = await signedUp();
  const other = new Drafts(storage, id, 'of another tab');
  other.keep('profile', TEXT);
  showAt(
    <AsPerson>
      <LateForm drafts={new Drafts(storage, id, TAB)} />
    </AsPerson>,
    '/',
  );
  await screen.findByText('the form');
  act(() => dismiss(reason));
  await screen.findByText('nobody');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const texts = storage.names().filter((name) => name.startsWith('onboarding.draft.'));
  expect(texts.length > 0).toBe(kept);
});
