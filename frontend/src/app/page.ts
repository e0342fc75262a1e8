import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import { load, loadedAhead, type PageFile } from './load';

/** A page that is loaded when it is first shown. */
export function page<N extends string, P = object>(
  module: () => Promise<Record<N, ComponentType<P>>>,
  name: N,
  ...areas: string[]
) {
  return lazy(() => load(module(), name, ...areas));
}

/**
 * A page that may have been loaded ahead, and then is drawn at once. For a promise that is fulfilled already, React would
 * draw the skeleton first, and then hold back the page for 300 ms, so that the skeleton does not flicker.
 */
export function pageOf<P>(file: PageFile<P>): LazyExoticComponent<ComponentType<P>> {
  return lazy(() => {
    const module = loadedAhead(file);
    return module ? atOnce(module) : file();
  });
}

/** Calls back while `then` is called, which promises never do. */
function atOnce<T>(value: T): Promise<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- only React sees it, and awaits nothing
  const thenable = { then: (onFulfilled: (value: T) => void) => onFulfilled(value) };
  return thenable as unknown as Promise<T>;
}
