import { localStorageColorSchemeManager } from '@mantine/core';
import { connectClient } from '../api';
import { watchConnection } from '../api/connection';
import { storage } from '../api/storage';
import { accessToken, followTabs, renewToken, restore } from '../session/account';
import { prove } from '../session/proof';
import { createTraces } from '../traces';
import { startWords } from '../i18n/words';
import { noteDebug } from './debug';
import { followAccountLanguage } from './language';
import { preload } from './preload';
import { COLOR_SCHEME_SLOT } from './slots';

export const colorSchemes = localStorageColorSchemeManager({ key: COLOR_SCHEME_SLOT });

/** Wires the parts together, once, before the first render. */
export function setUp(): void {
  noteDebug(window.location.search);
  startWords(window.location.search).catch(sayInAllLanguages);
  preload(window.location.pathname);
  watchConnection();
  connectClient({
    accessToken,
    renew: renewToken,
    prove,
    traces: createTraces({ storage }),
  });
  followTabs();
  followAccountLanguage();
  void restore();
}

/** The words have not come: what is said about that is in no catalogue. */
function sayInAllLanguages(): void {
  document.body.textContent =
    'This page could not be loaded. Please load it again. · Diese Seite konnte nicht geladen werden. Bitte laden Sie sie neu.';
}
