import '@fontsource-variable/bricolage-grotesque/wght.css';
import '@fontsource-variable/figtree/wght.css';
import './theme/fonts.css';
import './theme/mantine.css';
import 'virtual:theme.css';
import './theme/base.css';

import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { Pages } from './app/Pages';
import { LanguageProvider } from './i18n/LanguageProvider';
import { colorSchemes, setUp } from './app/setup';
import { theme } from './theme/theme';

setUp();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element #root');

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
