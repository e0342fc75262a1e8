import '@fontsource-variable/bricolage-grotesque/wght.css';
import '@fontsource-variable/figtree/wght.css';
import './theme/fonts.css';
import './theme/mantine.css';
import 'virtual:theme.css';
import './theme/base.css';

import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { Pages } from './app/Pages';
import { COLOR_SCHEME_SLOT } from './app/slots';
import { pages, words } from './app/start';
import { LanguageProvider } from './i18n/LanguageProvider';
import { theme } from './theme/theme';

/** React holds back what follows a skeleton for as long: within that time, the page itself is there as early. */
const PATIENCE_MS = 300;
const colorSchemes = localStorageColorSchemeManager({ key: COLOR_SCHEME_SLOT });
const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));

// The headings' letters weigh as much as a page. Asked for now, they are here when it is drawn, or soon after, and take
// nothing from the files that it cannot do without.
document.fonts.load('650 1rem "Bricolage Grotesque Variable"').catch(() => undefined);
words.catch(() => wholeDocument().then(sayInAllLanguages));
void Promise.all([wholeDocument(), Promise.race([pages, patience])]).then(draw);

/** Files of pages import this one, so it may run while the document is still being read. */
async function wholeDocument(): Promise<void> {
  if (document.readyState !== 'loading') return;
  await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
}

function draw(): void {
  const root = document.getElementById('root');
  // Nothing can be drawn without words.
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <LanguageProvider>
        <MantineProvider
          theme={theme}
          defaultColorScheme="auto"
          colorSchemeManager={colorSchemes}
          withCssVariables={false}
          withGlobalClasses={false}
        >
          <BrowserRouter>
            <Pages />
          </BrowserRouter>
        </MantineProvider>
      </LanguageProvider>
    </StrictMode>,
  );
}

/** The words have not come: what is said about that is in no catalogue. */
function sayInAllLanguages(): void {
  document.body.textContent =
    'This page could not be loaded. Please load it again. · Diese Seite konnte nicht geladen werden. Bitte laden Sie sie neu.';
}
