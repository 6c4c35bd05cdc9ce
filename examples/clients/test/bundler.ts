/** Replaces a bundler, for Node's `--import`: resolves files without an extension, and compiles Relay's `graphql` tags. */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@babel/core';

registerHooks({
  resolve(specifier, context, next) {
    const isArtifact = specifier.endsWith('.graphql');
    const isInGenerated = context.parentURL?.includes('/__generated__/') === true && /^\.\/[\w-]+$/.test(specifier);
    return next(isArtifact || isInGenerated ? `${specifier}.ts` : specifier, context);
  },
  load(url, context, next) {
    if (!url.includes('/relay/') || url.includes('node_modules') || !url.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(url);
    const code = stripTypeScriptTypes(readFileSync(filename, 'utf8'));
    const plugins = [['relay', { eagerEsModules: true }]];
    const transformed = transformSync(code, { filename, plugins, configFile: false, babelrc: false })?.code;
    return { format: 'module', source: transformed ?? code, shortCircuit: true };
  },
});
