/** Build of the run page for current browsers. Rarely used parts are separate chunks. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { css, editorWorkerService, graphqlWorker, js, jsonWorker } from '@graphql-yoga/render-graphiql/graphiql';
import * as generated from './__generated__/graphql.ts';
import type { DocumentNode, FragmentDefinitionNode } from 'graphql';
import { build, defaultClientConditions, defineConfig, type BuildOptions, type Plugin } from 'vite';

const root = import.meta.dirname;
const publicDir = join(root, 'public');

/**
 * Compresses at build time: each served file gets a `.br` and a `.gz` next to it. Those of GraphiQL get no `.gz`, which would be a fifth of
 * the package.
 */
const compressed = (others: () => Promise<readonly string[]>): Plugin => ({
  name: 'compressed',
  async writeBundle({ dir = '' }, bundle) {
    for (const name of [...Object.keys(bundle), ...(await others())]) {
      if (!/\.(js|css|svg)$/.test(name)) continue;
      const path = join(dir, name);
      const bytes = await readFile(path);
      if (!/graphiql|worker/.test(name)) await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      // Maximum quality takes seconds for a file of some megabytes.
      const quality = bytes.length > 1_000_000 ? 9 : constants.BROTLI_MAX_QUALITY;
      await writeFile(
        `${path}.br`,
        brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
      );
    }
  },
});

const OPTIONS: BuildOptions = {
  target: 'es2023',
  // The first versions with `light-dark()`.
  cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  // All of these browsers preload modules.
  modulePreload: { polyfill: false },
  // No data: URLs, so that the page's CSP doesn't have to allow them for scripts and styles.
  assetsInlineLimit: 0,
};

const GRAPHIQL = '@graphql-yoga/render-graphiql';

/** Parts of the prebuilt GraphiQL as files; `graphiql/main.ts` imports their URLs. */
const parts = join(root, '../../node_modules/.graphiql');
const PARTS = {
  'graphiql.js': js,
  'graphiql.css': css,
  'editor.worker.js': editorWorkerService,
  'json.worker.js': jsonWorker,
  'graphql.worker.js': graphqlWorker,
};

/** Separate build of GraphiQL. Shared chunks would add 43 kB (gzipped) of GraphiQL code to the page. */
const graphiql: Plugin = {
  name: 'graphiql',
  async writeBundle({ dir = '' }) {
    await mkdir(parts, { recursive: true });
    for (const [name, text] of Object.entries(PARTS)) await writeFile(join(parts, name), text);
    await build({
      ...{ root, base: './', configFile: false, publicDir: false, logLevel: 'error' },
      resolve: { alias: { '#graphiql': parts } },
      plugins: [compressed(() => Promise.resolve([]))],
      build: {
        ...{ ...OPTIONS, outDir: dir, emptyOutDir: false },
        rolldownOptions: { input: join(root, 'graphiql.html'), onLog: withoutDirectives },
      },
    });
    const licence = await readFile(new URL('../LICENSE', import.meta.resolve(GRAPHIQL)), 'utf8');
    await writeFile(join(dir, 'NOTICES-GRAPHIQL.md'), `## ${GRAPHIQL}\n\n${licence}`);
  },
};

const DOCUMENT = 'virtual:document/';

const generatedNamed = new Map<string, DocumentNode>(Object.entries(generated));

/** Gives each part of the page its own operations, and the page each fragment once. The generated `graphql()` has all of them. */
const documents: Plugin = {
  name: 'documents',
  enforce: 'pre',
  resolveId: (id) => (id.startsWith(DOCUMENT) ? `\0${id}` : null),
  load(id) {
    if (!id.startsWith(`\0${DOCUMENT}`)) return null;
    // The document's own definition is the first; the others are the fragments that it spreads.
    const [own, ...spread] = generatedNamed.get(id.slice(DOCUMENT.length + 1))?.definitions ?? [];
    const names = spread.map((fragment) => `${(fragment as FragmentDefinitionNode).name.value}FragmentDoc`);
    return [
      ...names.map((name) => `import { own as ${name} } from '${DOCUMENT}${name}';`),
      `export const own = ${JSON.stringify(own)};`,
      `export default { kind: 'Document', definitions: [${['own', ...names].join(', ')}] };`,
    ].join('\n');
  },
  transform(code, id) {
    if (!id.startsWith(root) || id.includes('__generated__') || !code.includes('graphql(`')) return null;
    const names: string[] = [];
    const replaced = code.replaceAll(/\bgraphql\(`\s*(\w+) (\w+)[^`]*`\)/g, (_, kind: string, name: string) => {
      names.push(`${name}${kind === 'fragment' ? 'FragmentDoc' : 'Document'}`);
      return names.at(-1) ?? '';
    });
    return {
      code: [...names.map((name) => `import ${name} from '${DOCUMENT}${name}';`), replaced].join('\n'),
      map: null,
    };
  },
};

/** Puts the style sheets that parts of the page import into the same layer as those of `styles.css`. */
const layered: Plugin = {
  name: 'layered',
  enforce: 'pre',
  transform: (code, id) =>
    id.startsWith(root) && id.endsWith('.css') && !id.endsWith('/styles.css')
      ? { code: `@layer components {\n${code}}`, map: null }
      : null,
};

type OnLog = NonNullable<NonNullable<BuildOptions['rolldownOptions']>['onLog']>;

const withoutDirectives: OnLog = (level, log, handle) => {
  // "use client" matters only to server rendering, which this page doesn't use.
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
};

export default defineConfig({
  root,
  publicDir,
  // Relative, because only the gateway knows the path below which the page is served.
  base: './',
  // RxJS has a build for ES5 and one for current browsers.
  resolve: { conditions: ['es2015', ...defaultClientConditions] },
  plugins: [documents, layered, compressed(() => readdir(publicDir, { recursive: true })), graphiql],
  build: {
    ...OPTIONS,
    outDir: '../../dist/page',
    emptyOutDir: true,
    license: { fileName: 'NOTICES.md' },
    rolldownOptions: {
      onLog: withoutDirectives,
      // Without a group, each set of pages has its own chunk for what it shares: a dozen requests of 300 bytes.
      // Failures stay out of it: most runs have not failed.
      output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 4, test: /^(?!.*\/failures\/)/ }] } },
    },
  },
});
