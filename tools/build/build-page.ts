/** Builds the page into `dist/page`; with `--development` into `dist/page-development`, with the warnings of React and Apollo Client. */
import { join } from 'node:path';
import { buildIfChanged, ROOT } from './if-changed.ts';

const mode = process.argv.includes('--development') ? 'development' : 'production';
const folder = mode === 'production' ? 'page' : `page-${mode}`;
// Jest, which also starts this script, has set another value.
process.env.NODE_ENV = mode;

await buildIfChanged({
  folder,
  isSource: (path) => path.startsWith('src/web/'),
  build: async (target) => {
    const { build } = await import('vite');
    await build({ root: join(ROOT, 'src/web'), mode, logLevel: 'error', build: { outDir: join(target, folder) } });
  },
});
