import { randomId } from '../api/random-id';

const SLOT = 'onboarding.tab';
const LOCK = 'onboarding.tab.';

/**
 * This tab's name. A reload keeps it; a tab that is duplicated, which copies the session storage, gets another one:
 * while a page lives, its name is in memory alone.
 */
export const TAB = claim();

/** The names of all tabs that are open now; nothing where the browser cannot say (outside of secure contexts). */
export async function liveTabs(): Promise<ReadonlySet<string> | undefined> {
  const locks = navigator.locks as LockManager | undefined | null;
  if (!locks) return undefined;
  const { held = [], pending = [] } = await locks.query();
  const names = [...held, ...pending].map(({ name }) => name ?? '');
  return new Set(names.filter((name) => name.startsWith(LOCK)).map((name) => name.slice(LOCK.length)));
}

function claim(): string {
  const name = take() ?? randomId();
  window.addEventListener('pagehide', () => put(name));
  window.addEventListener('pageshow', take);
  const locks = navigator.locks as LockManager | undefined | null;
  // Held for as long as the page lives; the browser gives it back.
  void locks?.request(LOCK + name, () => new Promise(() => undefined));
  return name;
}

function take(): string | undefined {
  try {
    const name = window.sessionStorage.getItem(SLOT) ?? undefined;
    window.sessionStorage.removeItem(SLOT);
    return name;
  } catch {
    return undefined;
  }
}

function put(name: string): void {
  try {
    window.sessionStorage.setItem(SLOT, name);
  } catch {
    // Without a storage for it, the tab has another name after a reload, and takes over what it left.
  }
}
