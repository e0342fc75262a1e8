import { render, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { expect, test } from 'vitest';
import { loadAhead } from './load';
import { pageOf } from './page';

function show(file: () => Promise<{ default: () => React.ReactNode }>): void {
  const Page = pageOf(file);
  render(
    <Suspense fallback="skeleton">
      <Page />
    </Suspense>,
  );
}

test('a page that was loaded ahead is drawn at once', async () => {
  const file = async () => ({ default: () => 'the page' });
  await loadAhead(file);
  show(file);
  expect(screen.getByText('the page')).toBeDefined();
});

test('another page is drawn when it has come', async () => {
  show(async () => ({ default: () => 'the page' }));
  expect(screen.getByText('skeleton')).toBeDefined();
  expect(await screen.findByText('the page')).toBeDefined();
});

test('what could not be loaded ahead is loaded when it is wanted', async () => {
  let tries = 0;
  const file = async () => {
    tries += 1;
    if (tries === 1) throw new Error('out of reach');
    return { default: () => 'the page' };
  };
  await loadAhead(file);
  show(file);
  expect(await screen.findByText('the page')).toBeDefined();
});
