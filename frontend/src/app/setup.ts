import { localStorageColorSchemeManager } from '@mantine/core';
import { connectClient } from '../api';
import { watchConnection } from '../api/connection';
import { storage } from '../api/storage';
import { accessToken, followTabs, renewToken, restore } from '../session/account';
import { createTraces } from '../traces';
import { noteDebug } from './debug';
import { preload } from './preload';
import { COLOR_SCHEME_SLOT } from './slots';

export const colorSchemes = localStorageColorSchemeManager({ key: COLOR_SCHEME_SLOT });

/** Wires the parts together, once, before the first render. */
export function setUp(): void {
  noteDebug(window.location.search);
  preload(window.location.pathname);
  watchConnection();
  connectClient({
    accessToken,
    renew: renewToken,
    traces: createTraces({ storage }),
  });
  followTabs();
  void restore();
}
