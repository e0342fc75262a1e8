import type { KeyValue } from './intents';

/** A storage whose names can be listed. */
export interface NamedValues extends KeyValue {
  names(): string[];
}

/** `localStorage`, or a memory of this page where the browser forbids it. */
export const storage: NamedValues = usable() ?? inMemory();

function usable(): NamedValues | undefined {
  try {
    const kept = window.localStorage;
    const probe = 'onboarding.probe';
    kept.setItem(probe, probe);
    kept.removeItem(probe);
    return {
      getItem: (name) => kept.getItem(name),
      setItem: (name, value) => kept.setItem(name, value),
      removeItem: (name) => kept.removeItem(name),
      names: () => Array.from({ length: kept.length }, (_, i) => kept.key(i) ?? ''),
    };
  } catch {
    return undefined;
  }
}

export function inMemory(): NamedValues {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    names: () => [...values.keys()],
  };
}
