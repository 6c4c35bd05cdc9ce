/** How the run page is built: once, for current browsers, its rarer parts apart from what every visit needs. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Relative: the gateway knows below which path it is found, the build does not.
  base: './',
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // The first that know `light-dark()`.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // No data: URLs, so that the page's policy needs to allow none for scripts and styles.
    assetsInlineLimit: 0,
    license: true,
    rolldownOptions: {
      onLog(level, log, handle) {
        // "use client" means something to servers that render React; there is none here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});
