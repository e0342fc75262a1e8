import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { blocksOf } from './legal-text';

test('headings, lists and paragraphs are told apart, wherever lines end', () => {
  expect(
    blocksOf('# Terms\r\nFirst\nline.\n\n## Part\n- one\n- two,\n  longer\n\nLast. <b>no tag</b>'),
  ).toEqual([
    { kind: 'title', text: 'Terms' },
    { kind: 'paragraph', text: 'First line.' },
    { kind: 'heading', text: 'Part' },
    { kind: 'list', items: ['one', 'two, longer'] },
    { kind: 'paragraph', text: 'Last. <b>no tag</b>' },
  ]);
});

test.each(['terms', 'privacy'])('the %s that come with the page can be read', (name) => {
  const blocks = blocksOf(readFileSync(`public/legal/${name}.txt`, 'utf8'));
  expect(blocks[0]?.kind).toBe('title');
  expect(blocks.length).toBeGreaterThan(6);
});
