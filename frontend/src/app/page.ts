import { type ComponentType, lazy } from 'react';
import { wordsOf } from '../i18n/words';

/** Loads a page by its name in its module, with the words of its folder and of others: what `lazy` wants. */
export async function load<N extends string, P = object>(
  module: Promise<Record<N, ComponentType<P>>>,
  name: N,
  ...areas: string[]
): Promise<{ default: ComponentType<P> }> {
  const [pages] = await Promise.all([module, ...areas.map(wordsOf)]);
  return { default: pages[name] };
}

/** A page that is loaded when it is first shown. */
export function page<N extends string, P = object>(
  module: () => Promise<Record<N, ComponentType<P>>>,
  name: N,
  ...areas: string[]
) {
  return lazy(() => load(module(), name, ...areas));
}
