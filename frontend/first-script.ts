import type { Plugin } from 'vite';

/** What begins before all else: see there. */
export const FIRST = 'src/app/start.ts';

/** Nothing after it in the page is looked at before it has run, so it stands behind what else is to be loaded. */
const BLOCKING = /\s*<script src="\/color-scheme\.js"><\/script>/;

/**
 * Runs `src/app/start.ts` as soon as its file has come. It is a chunk that imports nothing, and a script of its own: as a
 * mere import of the main script it would wait for all other imports of that. A module runs once, whoever wants it.
 */
export function firstScript(): Plugin {
  return {
    name: 'first-script',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const first = chunks.find((chunk) => chunk.moduleIds.some((id) => id.endsWith(`/${FIRST}`)));
        if (!first) throw new Error(`no chunk has ${FIRST}`);
        const [blocking] = BLOCKING.exec(html) ?? [];
        if (blocking === undefined)
          throw new Error('index.html has no script that chooses the colour scheme');
        const script = `<script type="module" async crossorigin src="/${first.fileName}"></script>`;
        return html.replace(blocking, `\n    ${script}`).replace(/\s*<\/head>/, `${blocking}\n  </head>`);
      },
    },
  };
}
