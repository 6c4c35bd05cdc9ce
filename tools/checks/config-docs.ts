/**
 * Writes what is generated from the table of settings: the tables of docs/configuration.md, and the type of the library's options. With
 * `--check` it only compares them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { metaOf } from '../../src/config/forms.ts';
import { DOCUMENTED, SETTINGS, variableOf } from '../../src/config/settings-table.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/configuration.md');
const TYPES = join(ROOT, 'src/config/options.ts');

/** Returns an empty string without a default. */
function defaultOf(form: z.ZodType): string {
  const { shownDefault } = metaOf(form);
  if (shownDefault !== undefined) return shownDefault;
  const value = form instanceof z.ZodDefault || form instanceof z.ZodPrefault ? form.def.defaultValue : undefined;
  const text = Array.isArray(value) || typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text === '' ? '' : `\`${text}\``;
}

/** As in the messages of errors, without what the meaning says. */
const valuesOf = (expected: string): string =>
  expected
    .replace(/^one of |^(?:a whole number|the value of|the name of|the path of|an address) .*/, '')
    .replace('a comma-separated list of', 'comma-separated');

const rowOf = ([name, form]: readonly [string, z.ZodType]): string => {
  const { expected = '', expectedText = expected, description = '' } = metaOf(form);
  const cells = [`\`${variableOf(name)}\``, defaultOf(form) || '–', valuesOf(expectedText), description];
  return `| ${cells.join(' | ')} |`;
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

/** The type of the option that the form reads. */
function typeOf(form: z.ZodType): string {
  const { shownType } = metaOf(form);
  if (shownType !== undefined) return shownType;
  // It has `unwrap` too.
  if (form instanceof z.ZodArray) return `readonly (${typeOf(form.element as z.ZodType)})[]`;
  if ('unwrap' in form) return typeOf((form as z.ZodOptional<z.ZodType>).unwrap());
  if (form instanceof z.ZodPipe) return typeOf(form.in as z.ZodType);
  if (form instanceof z.ZodString) return 'string';
  if (form instanceof z.ZodNumber) return 'number';
  if (form instanceof z.ZodBoolean) return 'boolean';
  if (form instanceof z.ZodEnum) return form.options.map((value) => `'${value}'`).join(' | ');
  if (form instanceof z.ZodLiteral) return String(form.value);
  if (form instanceof z.ZodUnion) return form.options.map((option) => typeOf(option as z.ZodType)).join(' | ');
  if (form instanceof z.ZodRecord) return `Readonly<Record<string, ${typeOf(form.valueType as z.ZodType)}>>`;
  throw new Error(`typeOf must know the form ${form.type}`);
}

/** A docstring names options, and links to the docs mean nothing in it. */
function docstringOf(form: z.ZodType): string {
  const { description = '', expected = '' } = metaOf(form);
  const shownDefault = typeOf(form) === 'boolean' ? '' : defaultOf(form);
  return `${description}${expected && ` Must be ${expected}.`}${shownDefault && ` Default: ${shownDefault}.`}`
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`([A-Z][A-Z0-9_]+)`/g, (all, name: string) => {
      const option = Object.keys(SETTINGS).find((setting) => variableOf(setting) === name);
      return option === undefined ? all : `\`${option}\``;
    })
    .replaceAll('*/', '*\\/');
}

const optionOf = ([name, form]: readonly [string, z.ZodType]): string =>
  `/**\n${docstringOf(form).replace(/(.{1,110})(?: |$)/g, ' * $1\n')} */\nreadonly ${name}?: ${typeOf(form)} | undefined;`;

async function types(): Promise<string> {
  const text = `/** Generated from settings-table.ts by \`npm run docs\`. */
    import type { RedactionRules } from './redaction.ts';

    /** Settings of the gateway. docs/configuration.md has the name of each one's variable. */
    export interface Settings {
      ${Object.values(DOCUMENTED)
        .flatMap((group) => Object.entries(group))
        .map(optionOf)
        .join('\n')}
    }`;
  return format(text, { ...(await resolveConfig(TYPES)), parser: 'typescript' });
}

const page = readFileSync(PAGE, 'utf8');
for (const [path, before, current] of [
  [PAGE, page, withTables(page)],
  [TYPES, readFileSync(TYPES, 'utf8'), await types()],
] as const) {
  if (before === current) continue;
  if (!process.argv.includes('--check')) writeFileSync(path, current);
  else {
    process.stderr.write(
      `${path.slice(ROOT.length + 1)} differs from src/config/settings-table.ts: run npm run docs\n`,
    );
    process.exitCode = 1;
  }
}
