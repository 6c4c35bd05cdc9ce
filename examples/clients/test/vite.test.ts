import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const RELAY = fileURLToPath(new URL('../relay', import.meta.url));

it('Vite replaces the `graphql` tags of Relay by the compiled operations', async () => {
  const built = await build({
    root: RELAY,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      lib: { entry: ['useRuns.ts', 'useRun.ts'], formats: ['es'] },
      rolldownOptions: { external: /^(react|react-relay|relay-runtime)($|\/)/ },
    },
  });
  const code = [built]
    .flat()
    .flatMap((result) => ('output' in result ? result.output : []))
    .flatMap((part) => (part.type === 'chunk' ? part.code : []))
    .join('\n');
  assert.match(code, /fetch__Workflow\(id: \$id\)/);
  assert.doesNotMatch(code, /graphql`/);
});
