/**
 * Generates what codegen.yml lists. With `--check` it writes nothing, and fails if a file is out of date. Instead of
 * `@graphql-codegen/cli`, which brings 142 packages.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import { preset } from '@graphql-codegen/client-preset';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers';
import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import { buildASTSchema, lexicographicSortSchema, parse } from 'graphql';
import { parse as parseYaml } from 'yaml';

interface Output {
  /** Types that only this output knows. */
  readonly schema?: string;
  readonly documents?: string;
  readonly preset?: 'client';
  readonly presetConfig?: object;
  readonly plugins?: readonly string[];
  readonly config: object;
}

type Options = Parameters<typeof codegen>[0];

const PLUGINS: Options['pluginMap'] = { typescript, 'typescript-resolvers': typescriptResolvers };

const { schema, generates } = parseYaml(readFileSync('codegen.yml', 'utf8')) as {
  readonly schema: string;
  readonly generates: Readonly<Record<string, Output>>;
};

/** Each text in `` graphql(`…`) ``. */
const documentsIn = (file: string): Options['documents'] =>
  Array.from(readFileSync(file, 'utf8').matchAll(/\bgraphql\(`([^`]*)`\)/g), ([, text = '']) => ({
    location: file,
    document: parse(text),
    rawSDL: text,
  }));

async function generate(path: string, output: Output): Promise<Readonly<Record<string, string>>> {
  const text = readFileSync(schema, 'utf8') + (output.schema ?? '');
  const schemaAst = lexicographicSortSchema(buildASTSchema(parse(text)));
  const files = globSync(output.documents ?? [], { exclude: [`${path}**`] });
  const options = {
    schema: getDocumentNodeFromSchema(schemaAst),
    schemaAst,
    documents: files.sort().flatMap(documentsIn),
    config: { ...output.config, importExtension: '' as const, emitLegacyCommonJSImports: true },
    plugins: (output.plugins ?? []).map((name) => ({ [name]: {} })),
    pluginMap: PLUGINS,
  };
  const sections = output.preset
    ? await preset.buildGeneratesSection({ ...options, baseOutputDir: path, presetConfig: output.presetConfig ?? {} })
    : [{ ...options, filename: path }];
  // Together: the file of the persisted documents waits for another one.
  return Object.fromEntries(
    await Promise.all(
      sections.map(async (section) => [section.filename, await codegen({ ...options, ...section })] as const),
    ),
  );
}

for (const [path, output] of Object.entries(generates)) {
  for (const [file, content] of Object.entries(await generate(path, output))) {
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    if (process.argv.includes('--check')) {
      process.stderr.write(`${file} is out of date. Run "npm run codegen" and commit it.\n`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
}
