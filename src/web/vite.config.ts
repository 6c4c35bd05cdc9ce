/** How the run page is built: once, for current browsers, its rarer parts apart from what every visit needs. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, defineConfig, type BuildOptions, type Plugin } from 'vite';

const root = import.meta.dirname;
const publicDir = join(root, 'public');

/** Compresses once what the gateway serves often: each file gets a `.gz` and a `.br` beside it. */
const compressed = (others: () => Promise<readonly string[]>): Plugin => ({
  name: 'compressed',
  async writeBundle({ dir = '' }, bundle) {
    for (const name of [...Object.keys(bundle), ...(await others())]) {
      if (!/\.(js|css|svg)$/.test(name)) continue;
      const path = join(dir, name);
      const bytes = await readFile(path);
      await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      await writeFile(`${path}.br`, brotliCompressSync(bytes));
    }
  },
});

const OPTIONS: BuildOptions = {
  target: 'es2023',
  // The first that know `light-dark()`.
  cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  // No data: URLs, so that the page's policy needs to allow none for scripts and styles.
  assetsInlineLimit: 0,
};

/** Fonts in data: URLs, 270 kB zipped, which the page's policy forbids: the system has some. */
const withoutFonts: Plugin = {
  name: 'without-fonts',
  enforce: 'pre',
  transform: {
    filter: { id: /graphiql.*\.css$/ },
    handler: (code) => code.replaceAll(/@font-face\s*\{[^}]*\}/g, ''),
  },
};

/** GraphiQL in a build of its own. With files in common, the page would load what GraphiQL alone needs: 43 kB zipped. */
const graphiql: Plugin = {
  name: 'graphiql',
  async writeBundle({ dir = '' }) {
    await build({
      ...{ root, base: './', configFile: false, publicDir: false, logLevel: 'error' },
      plugins: [withoutFonts, compressed(() => Promise.resolve([]))],
      build: {
        ...{ ...OPTIONS, outDir: dir, emptyOutDir: false, license: { fileName: 'NOTICES-GRAPHIQL.md' } },
        rolldownOptions: { input: join(root, 'graphiql.html'), onLog: withoutDirectives },
      },
    });
  },
};

type OnLog = NonNullable<NonNullable<BuildOptions['rolldownOptions']>['onLog']>;

const withoutDirectives: OnLog = (level, log, handle) => {
  // "use client" means something to servers that render React; there is none here.
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
};

export default defineConfig({
  root,
  publicDir,
  // Relative: the gateway knows below which path it is found, the build does not.
  base: './',
  plugins: [compressed(() => readdir(publicDir, { recursive: true })), graphiql],
  build: {
    ...OPTIONS,
    outDir: '../../dist/page',
    emptyOutDir: true,
    license: { fileName: 'NOTICES.md' },
    rolldownOptions: { onLog: withoutDirectives },
  },
});
