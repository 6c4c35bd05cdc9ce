/**
 * Bundles the programs, `dist/main.js`, `dist/sample/main.js` and `dist/reading-process.js`, with their packages: one file starts in half the time
 * of a thousand, and takes less memory. `npm start` and the image run them. `tsc` compiles the library, which shares the packages of its host.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIfChanged, ROOT } from './if-changed.ts';

async function bundle(outDir: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    ...{ root: ROOT, configFile: false, publicDir: false, logLevel: 'error' },
    // Also packages that are CommonJS use it. A bundler would add its ES modules as a second copy.
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    // `@apollo/utils.createhash` asks for Node's `crypto` by it, and a bundle has none: it would hash in JavaScript.
    define: { 'module.require': 'process.getBuiltinModule' },
    // `debug` uses colors if it finds this package, which only the build has.
    ssr: { noExternal: true, external: ['supports-color'] },
    build: {
      ...{ ssr: true, outDir, emptyOutDir: false, target: 'node24', license: { fileName: 'NOTICES.md' } },
      rolldownOptions: {
        input: {
          main: 'src/main.ts',
          'sample/main': 'src/sample/main.ts',
          'reading-process': 'src/upstream/worker/reading-process.ts',
        },
        output: {
          ...{ entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', comments: false },
          // V8 keeps two bytes for each character of a file that has one beyond Latin-1.
          charset: 'ascii',
        },
      },
    },
  });
}

// A gateway may be started with another value.
process.env.NODE_ENV = 'production';
const [outDir] = process.argv.slice(2);
const isSource = (path: string) => !path.startsWith('src/web/');
if (outDir !== undefined) {
  await bundle(outDir);
} else if (!(await buildIfChanged({ folder: 'chunks', isSource, build: bundle }))) {
  await rm(join(ROOT, 'dist/main.js'), { force: true });
}
