import { useEffect } from 'react';
import type { Onboarding } from '../api/types';
import { storage } from '../api/storage';
import { COLOR_SCHEME_SLOT } from '../app/slots';
import { stepOf } from '../onboarding/steps';
import { schemeOf } from './onboarding/preferences';
import { useColorScheme } from '../ui/useColorScheme';

/** Takes on the appearance that the person chose on another device, unless they chose one on this. */
export function useStoredTheme(state: Onboarding | undefined): void {
  const { setColorScheme } = useColorScheme();
  const theme = state && stepOf(state, 'preferences')?.data['theme'];
  useEffect(() => {
    const scheme = schemeOf(theme);
    if (scheme && storage.getItem(COLOR_SCHEME_SLOT) === null) setColorScheme(scheme);
  }, [theme, setColorScheme]);
}
