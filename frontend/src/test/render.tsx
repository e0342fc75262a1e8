import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { LanguageProvider } from '../i18n/LanguageProvider';
import { MemoryRouter, Route, Routes } from 'react-router';
import { theme } from '../theme/theme';

/** Shows `element` as the page does, at an address of which it takes what it wants. */
export function showAt(element: ReactNode, path: string): RenderResult {
  return render(
    <LanguageProvider>
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={newQueries()}>
          <MemoryRouter initialEntries={[path]}>{element}</MemoryRouter>
        </QueryClientProvider>
      </MantineProvider>
    </LanguageProvider>,
  );
}

const newQueries = (): QueryClient =>
  new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });

/** Shows `element` as the page does, at `path` and what is behind the `#`; other addresses show that they are others. */
export function show(element: ReactNode, path = '/', hash = ''): RenderResult {
  return render(
    <LanguageProvider>
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={newQueries()}>
          <MemoryRouter initialEntries={[path + hash]}>
            <Routes>
              <Route path={path} element={element} />
              <Route path="*" element={<p>elsewhere</p>} />
            </Routes>
          </MemoryRouter>
        </QueryClientProvider>
      </MantineProvider>
    </LanguageProvider>,
  );
}
