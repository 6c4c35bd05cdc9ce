/**
 * Jest's transformer for the server and the packages that its users share with it. Node loads them once for all test
 * files of a worker. Jest would load, compile and warm up 700 modules again for each test file.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export default {
  process(_: string, path: string, { supportsStaticESM }: { readonly supportsStaticESM: boolean }): { code: string } {
    const loaded = `globalThis.requireOnce(${JSON.stringify(path)})`;
    if (!supportsStaticESM) return { code: `module.exports = ${loaded};` };
    const names = Object.keys(require(path) as object);
    const named = names.filter((name) => name !== 'default' && name !== 'module.exports');
    const code = [`export const { ${named.join()} } = ${loaded};`];
    if (names.includes('default')) code.push(`export default ${loaded}.default;`);
    return { code: code.join('\n') };
  },
};
