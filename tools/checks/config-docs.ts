/** Writes the tables of docs/configuration.md from the schema of the settings. With `--check` it only compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { variableOf } from '../../src/config/config-error.ts';
import { DOCUMENTED } from '../../src/config/variables.ts';

const PATH = join(import.meta.dirname, '../../docs/configuration.md');

/** `–`: no default. */
function defaultOf(field: z.ZodType): string {
  const { shownDefault } = variableOf(field);
  if (shownDefault !== undefined) return shownDefault;
  const value = field instanceof z.ZodDefault || field instanceof z.ZodPrefault ? field.def.defaultValue : undefined;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text === '' ? '–' : `\`${text}\``;
}

/** As in the messages of errors. Those have the ranges of numbers. */
const valuesOf = (expected: string): string => expected.replace(/^one of |^a whole number .*/, '');

const rowOf = ([name, field]: readonly [string, z.ZodType]): string => {
  const { expected = '', description = '' } = variableOf(field);
  return `| \`${name}\` | ${defaultOf(field)} | ${valuesOf(expected)} | ${description} |`;
};

const tableOf = (group: Readonly<Record<string, z.ZodType>>): string =>
  ['| variable | default | values | meaning |', '| --- | --- | --- | --- |', ...Object.entries(group).map(rowOf)].join(
    '\n',
  );

/** Replaces the first table below each heading. */
function withTables(page: string): string {
  return Object.entries(DOCUMENTED).reduce((text, [heading, group]) => {
    const section = new RegExp(`(^## ${heading}\\n[^|]*?)(?:^\\|.*\\n)+`, 'm');
    if (!section.test(text)) throw new Error(`docs/configuration.md must have a table below "## ${heading}"`);
    return text.replace(section, (_all, before: string) => `${before}${tableOf(group)}\n`);
  }, page);
}

const page = readFileSync(PATH, 'utf8');
const current = withTables(page);
if (!process.argv.includes('--check')) writeFileSync(PATH, current);
else if (page !== current) {
  process.stderr.write('docs/configuration.md differs from src/config: run npm run codegen\n');
  process.exitCode = 1;
}
