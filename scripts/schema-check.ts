/** Fails where schema.graphql breaks those who use the last release, and CHANGELOG.md does not say so. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unannouncedChanges } from './schema-changes.ts';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const changes = unannouncedChanges(read('docs/schema/released.graphql'), read('schema.graphql'), read('CHANGELOG.md'));
if (changes.length > 0) {
  const names = changes.map(({ name }) => `\`${name}\``).join(', ');
  process.stderr.write(
    [
      'schema.graphql breaks those who use the last release (docs/schema/released.graphql):',
      ...changes.map(({ description }) => `  ${description}`),
      'Keep what was there, and mark it @deprecated where it should go. If it must break, announce it under',
      `"## Unreleased" in CHANGELOG.md: "- **Breaking**: …", naming ${names}.`,
      '',
    ].join('\n'),
  );
  process.exitCode = 1;
}
