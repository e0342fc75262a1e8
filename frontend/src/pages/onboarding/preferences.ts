import { i18n } from '@lingui/core';
import type { MantineColorScheme } from '@mantine/core';
import type { Onboarding } from '../../api/types';
import { stepOf } from '../../onboarding/steps';
import { sampleOf } from '../../ui/format';
import type { Option } from './options';

export function schemeOf(theme: unknown): MantineColorScheme | undefined {
  if (theme === 'system') return 'auto';
  return theme === 'light' || theme === 'dark' ? theme : undefined;
}

/** How the person wants dates and numbers written, where they said so. */
export function localeOf(state: Onboarding): string | undefined {
  const locale = stepOf(state, 'preferences')?.data['locale'];
  const known = typeof locale === 'string' && LOCALES.includes(locale);
  return known ? locale : undefined;
}

const LOCALES = [
  'en-GB',
  'en-US',
  'de-DE',
  'es-ES',
  'fr-FR',
  'it-IT',
  'ja-JP',
  'nl-NL',
  'pl-PL',
  'pt-BR',
  'sv-SE',
];

/** Ways of writing dates and numbers, each shown by an example; the browser's own comes first. */
export function localeOptions(own: string, locale = i18n.locale): Option[] {
  const names = new Intl.DisplayNames(locale, { type: 'language' });
  return [...new Set([own, ...LOCALES])].map((tag) => ({
    value: tag,
    label: `${names.of(tag) ?? tag} (${sampleOf(tag)})`,
  }));
}
