/** Fails where schema.graphql breaks those who use the last release, and CHANGELOG.md does not announce that very change. */
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
      'schema.graphql breaks those who use the last release (docs/schema/released.graphql).',
      'Keep what was there, and mark it @deprecated where it should go. If it must break, say why in a "**Breaking**" item under',
      '"## Unreleased" in CHANGELOG.md, with exactly these lines below it:',
      ...missing.map((line) => `  ${line}`),
      '',
    ].join('\n'),
  );
  process.exitCode = 1;
}
