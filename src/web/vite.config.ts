/** How the run page is built: once, for current browsers, its rarer parts apart from what every visit needs. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Compresses once what the gateway serves often: each file gets a `.gz` and a `.br` beside it. */
const compressed: Plugin = {
  name: 'compressed',
  async writeBundle({ dir = '' }) {
    for (const name of await readdir(dir, { recursive: true })) {
      if (!/\.(js|css|svg)$/.test(name)) continue;
      const path = join(dir, name);
      const bytes = await readFile(path);
      await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      await writeFile(`${path}.br`, brotliCompressSync(bytes));
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // Relative: the gateway knows below which path it is found, the build does not.
  base: './',
  plugins: [compressed],
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // The first that know `light-dark()`.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // No data: URLs, so that the page's policy needs to allow none for scripts and styles.
    assetsInlineLimit: 0,
    license: { fileName: 'NOTICES.md' },
    rolldownOptions: {
      onLog(level, log, handle) {
        // "use client" means something to servers that render React; there is none here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});
