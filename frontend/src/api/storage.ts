import type { KeyValue } from './intents';

/** `localStorage`, or a memory of this page where the browser forbids it. */
export const storage: KeyValue = usable() ?? inMemory();

function usable(): KeyValue | undefined {
  try {
    const probe = 'onboarding.probe';
    window.localStorage.setItem(probe, probe);
    window.localStorage.removeItem(probe);
    return window.localStorage;
  } catch {
    return undefined;
  }
}

export function inMemory(): KeyValue {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
  };
}
