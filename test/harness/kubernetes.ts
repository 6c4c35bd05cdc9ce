/** The manifests of deploy/kubernetes, as kubectl reads them. */
import { readdirSync } from 'node:fs';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { readProjectFile } from './compose.ts';

const FOLDER = 'deploy/kubernetes';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

export const readYaml = (file: string): unknown[] =>
  parseAllDocuments(readProjectFile(`${FOLDER}/${file}`)).map((document) => document.toJS() as unknown);

export const FILES = readdirSync(new URL(`../../${FOLDER}/`, import.meta.url)).filter(
  (file) => file !== 'kustomization.yaml',
);
export const MANIFESTS = FILES.flatMap((file) => readYaml(file) as Manifest[]);

/** The path of a kind in `kubernetes-models`: the group's first word, or its whole name, then the version. */
const moduleOf = ({ apiVersion, kind }: Manifest): string => `kubernetes-models/${apiVersion}/${kind}`;

type Model = new (data: Manifest) => { validate(): void };

/** What the published schema of its kind says against a manifest; null where it fits. Unknown fields are none of it. */
export async function schemaProblem(manifest: Manifest): Promise<string | null> {
  const models = (await import(moduleOf(manifest))) as Readonly<Record<string, Model>>;
  const Model = models[manifest.kind];
  if (!Model) throw new Error(`expected a schema of ${manifest.kind}`);
  try {
    new Model(manifest).validate();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What the compiler says of manifests as literals of their types: fields that there are not, above all. */
export function typeProblems(manifests: readonly Manifest[]): string[] {
  const file = new URL('../../test/manifests.ts', import.meta.url).pathname;
  const text = manifests
    .map((manifest, index) => {
      const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
      return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
  };
  const host = ts.createCompilerHost(options);
  const withText: ts.CompilerHost = {
    ...host,
    getSourceFile: (name, ...rest) =>
      name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ESNext) : host.getSourceFile(name, ...rest),
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, withText))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
