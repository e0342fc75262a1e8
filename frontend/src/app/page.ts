import { type ComponentType, lazy } from 'react';
import { wordsOf } from '../i18n/words';

/** A page by its name in its module, loaded when it is first shown, with the words of its folder and of others. */
export function page<N extends string, P = object>(
  load: () => Promise<Record<N, ComponentType<P>>>,
  name: N,
  ...areas: string[]
) {
  return lazy(async () => {
    const [pages] = await Promise.all([load(), ...areas.map(wordsOf)]);
    return { default: pages[name] };
  });
}
