import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { DirectionProvider } from '@mantine/core';
import type { ReactNode } from 'react';

/** Gives the pages their words, and the components the direction in which these are read. Shows nothing before there are words. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  return (
    <DirectionProvider>
      <I18nProvider i18n={i18n}>{children}</I18nProvider>
    </DirectionProvider>
  );
}
