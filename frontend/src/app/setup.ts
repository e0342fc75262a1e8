import { connectClient } from '../api';
import { watchConnection } from '../api/connection';
import { storage } from '../api/storage';
import { accessToken, followTabs, renewToken, restore } from '../session/account';
import { readAhead } from '../onboarding/read-ahead';
import { prove } from '../session/proof';
import { createTraces } from '../traces';
import { startWords } from '../i18n/words';
import { noteDebug } from './debug';
import { followAccountLanguage } from './language';
import { needsOnboarding, preload } from './preload';
import { SESSION_SLOT } from './slots';

/** What is on its way when the first script has run. */
interface Started {
  /** The words that all pages need. */
  words: Promise<void>;
  /** The pages of the address; fulfilled where they could not be loaded, too. */
  pages: Promise<void>;
}

/** Wires the parts together and begins what takes long, once, before the first render. */
export function setUp(): Started {
  const { pathname, search } = window.location;
  noteDebug(search);
  watchConnection();
  followTabs();
  followAccountLanguage();
  const words = startWords(search);
  // Whoever draws the page tells a failure; until then nobody listens.
  words.catch(() => undefined);
  if (needsOnboarding(pathname)) readAhead();
  const pages = afterSession(pathname);
  return { words, pages };
}

/** By HTTP/1.1 a browser has six connections, and what is asked last may wait for all files: the session goes first. */
function afterSession(pathname: string): Promise<void> {
  const maybePerson = storage.getItem(SESSION_SLOT) !== null;
  return new Promise((resolve) => {
    const onSent = once(() => void preload(pathname, maybePerson).then(resolve));
    connectClient({ accessToken, renew: renewToken, prove, traces: createTraces({ storage }), onSent });
    void findOut(onSent);
  });
}

/** Finds out who is here. A first visit, and one that another tab has answered for, sends nothing for that. */
async function findOut(onSent: () => void): Promise<void> {
  await restore();
  onSent();
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
