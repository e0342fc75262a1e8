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
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element #root');
const colorSchemes = localStorageColorSchemeManager({ key: COLOR_SCHEME_SLOT });

words.catch(sayInAllLanguages);
void Promise.race([pages, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]).then(() => draw(root));

function draw(into: HTMLElement): void {
  createRoot(into).render(
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
