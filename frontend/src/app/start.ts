import { setUp } from './setup';

/**
 * The first script of the page: with no React in it, it is here early. While the rest is still on its way, it asks for the
 * words, the page's files and the session (`first-script.ts` puts it into `index.html`).
 */
export const { words, pages } = setUp();
