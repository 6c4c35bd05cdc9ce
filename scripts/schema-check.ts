/** Fails if schema.graphql breaks clients of the last release and CHANGELOG.md does not announce that change. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { missingAnnouncements } from './schema-changes.ts';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const missing = missingAnnouncements(
  read('docs/schema/released.graphql'),
  read('schema.graphql'),
  read('CHANGELOG.md'),
);
if (missing.length > 0) {
  process.stderr.write(
    [
      'schema.graphql breaks clients of the last release (docs/schema/released.graphql).',
      'Keep the old fields, and mark them @deprecated. If the break is needed, give the reason in a "**Breaking**" item under',
      '"## Unreleased" in CHANGELOG.md, with exactly these lines below it:',
      ...missing.map((line) => `  ${line}`),
      '',
    ].join('\n'),
  );
  process.exitCode = 1;
}
