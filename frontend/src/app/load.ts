import type { ComponentType } from 'react';
import { wordsOf } from '../i18n/words';

interface PageModule<P> {
  default: ComponentType<P>;
}

/** Loads a page with its words: what `lazy` wants. */
export type PageFile<P = object> = () => Promise<PageModule<P>>;

const here = new Map<unknown, unknown>();

/** Loads a page by its name in its module, with the words of its folder and of others. */
export async function load<N extends string, P = object>(
  module: Promise<Record<N, ComponentType<P>>>,
  name: N,
  ...areas: string[]
): Promise<PageModule<P>> {
  const [pages] = await Promise.all([module, ...areas.map(wordsOf)]);
  return { default: pages[name] };
}

/** Loads a page before it is wanted. What fails is asked for again, and told, when the page is to be drawn. */
export async function loadAhead(file: PageFile): Promise<void> {
  await file().then(
    (module) => here.set(file, module),
    () => undefined,
  );
}

/** The page, where it was loaded ahead and has come. */
export function loadedAhead<P>(file: PageFile<P>): PageModule<P> | undefined {
  return here.get(file) as PageModule<P> | undefined;
}
