/** Checks deploy/kubernetes against the published schemas of its kinds, and against their types. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const FOLDER = new URL('../kubernetes/', import.meta.url);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const MANIFESTS = readdirSync(FOLDER)
  .filter((file) => file !== 'kustomization.yaml')
  .flatMap((file) => parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8')))
  .map((document) => document.toJS() as Manifest);

/** The path of a kind in `kubernetes-models`: the first word of the group, or its whole name, and the version. */
const moduleOf = ({ apiVersion, kind }: Manifest): string => `kubernetes-models/${apiVersion}/${kind}`;

type Model = new (data: Manifest) => { validate(): void };

/** The first problem by the published schema; null if there is none. Unknown fields are not found. */
async function schemaProblem(manifest: Manifest): Promise<string | null> {
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

/** Type errors of manifests as literals of their types, such as unknown fields. */
function typeProblems(manifests: readonly Manifest[]): string[] {
  const file = new URL('manifests.ts', import.meta.url).pathname;
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

describe('the manifests of deploy/kubernetes', () => {
  for (const manifest of MANIFESTS) {
    it(`${manifest.kind} ${manifest.metadata.name} fits the schema of its kind`, async () => {
      assert.equal(await schemaProblem(manifest), null);
    });
  }

  it('The manifests have no field that Kubernetes does not know', () => {
    assert.deepEqual(typeProblems(MANIFESTS), []);
  });

  for (const [mistake, from, to] of [
    ['an unknown field', '"runAsNonRoot"', '"runAsNonroot"'],
    ['an unknown value', '"RuntimeDefault"', '"Default"'],
    ['a value of another type', '"containerPort":4000', '"containerPort":"4000"'],
    ['a missing field', '"selector"', '"labels"'],
  ] as const) {
    it(`A manifest would be refused with ${mistake}`, async () => {
      const text = JSON.stringify(MANIFESTS);
      assert.ok(text.includes(from));
      const manifests = JSON.parse(text.replaceAll(from, to)) as Manifest[];
      const problems = await Promise.all(manifests.map(schemaProblem));
      assert.notDeepEqual([...typeProblems(manifests), ...problems.filter((problem) => problem !== null)], []);
    });
  }
});
