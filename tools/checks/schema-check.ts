/** Fails if schema.graphql breaks clients of released.graphql without an announcement, or deprecates without a date. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { missingAnnouncements, undatedDeprecations } from './schema-changes.ts';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../..'));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const [released, current] = [read('docs/schema/released.graphql'), read('schema.graphql')];
const missing = missingAnnouncements(released, current, read('CHANGELOG.md'));
if (missing.length > 0) {
  fail(
    'schema.graphql breaks clients of docs/schema/released.graphql.',
    'Keep the old fields, and mark them @deprecated. If the change is needed, give the reason in a "**Breaking**" item (of a',
    'new value: in any item) under "## Unreleased" in CHANGELOG.md, with exactly these lines below it:',
    ...missing.map((line) => `  ${line}`),
  );
}
const undated = undatedDeprecations(released, current);
if (undated.length > 0) {
  fail(
    'The reason of a new @deprecated must end with its date: "Use x. Removed after 2027-06-30." (docs/releasing.md).',
    ...undated.map((deprecation) => `  ${deprecation}`),
  );
}

function fail(...lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
}
