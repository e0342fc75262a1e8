import { MantineProvider } from '@mantine/core';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { theme } from './theme.ts';

/**
 * The variables that the component library would put into a `<style>` of its own while the page runs.
 * Made at build time instead, so that the content security policy needs no `unsafe-inline`.
 */
export function themeCss(): string {
  const html = renderToStaticMarkup(createElement(MantineProvider, { theme, withGlobalClasses: false }));
  const css = /<style[^>]*>([\s\S]*)<\/style>/.exec(html)?.[1];
  if (!css)
    throw new Error('The theme made no CSS: has the component library changed how it emits variables?');
  return css;
}
