/** Writes the test operations for Relay's compiler, in `graphql` tags. Each operation has the name of its module. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Kind, parse, print, visit, type DocumentNode } from 'graphql';
import { differentParts } from '../different-parts.ts';
import { LIVE_RUN, RUN } from '../live.ts';
import { REPEATING } from '../repeating-ids.ts';
import { EXAMPLES, moduleOf, ONE_FAILS, schema } from '../support.ts';

const FOLDER = new URL('operations/', import.meta.url);
const PERSISTED = new URL('persisted/', import.meta.url);
const SUFFIXES = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };

function write(module: string, document: DocumentNode): void {
  const renamed = visit(document, {
    OperationDefinition: (node) => ({
      ...node,
      // Relay's compiler skips an operation with a description, without an error.
      description: undefined,
      name: { kind: Kind.NAME, value: `${module}${SUFFIXES[node.operation]}` },
    }),
    FragmentDefinition: (node) => ({ ...node, name: { kind: Kind.NAME, value: `${module}_${node.name.value}` } }),
    FragmentSpread: (node) => ({ ...node, name: { kind: Kind.NAME, value: `${module}_${node.name.value}` } }),
  });
  // The tests read the fields of a fragment, as the component of the fragment does.
  const unmasked = print(renamed).replaceAll(/^( *\.\.\.\w+)$/gm, '$1 @relay(mask: false)');
  const tags = parse(unmasked).definitions.map((definition) => `graphql\`\n${print(definition)}\n\`;`);
  writeFileSync(new URL(`${module}.ts`, FOLDER), `import { graphql } from 'react-relay';\n\n${tags.join('\n\n')}\n`);
}

for (const folder of [FOLDER, PERSISTED]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
// The compiler adds operations to this file.
writeFileSync(new URL('operations.json', PERSISTED), '{}');
for (const { file, document } of EXAMPLES) write(moduleOf(file), document);
differentParts(schema).forEach(({ one, other }, index) => {
  write(`One${index}`, parse(one));
  write(`Other${index}`, parse(other));
});
write('Run', parse(RUN));
write('LiveRun', parse(LIVE_RUN));
write('WholeKeys', parse(REPEATING['with whole keys']));
write('IdsAlone', parse(REPEATING['with ids only']));
write('WithoutKeys', parse(REPEATING['without keys']));
write('OneFails', parse(ONE_FAILS));
const FAILING = 'run(workflowId: "support-triage", id: "none")';
write('ErrorIgnored', parse(`{ ${FAILING} { id status } }`));
write('ErrorCaught', parse(`{ ${FAILING} @catch { id status } }`));
write('ErrorThrown', parse(`query Thrown @throwOnFieldError { ${FAILING} { id status } }`));
