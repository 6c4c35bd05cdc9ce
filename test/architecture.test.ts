import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

/** The modules of `src`, in order: a file may import from its own module and from those above it. */
const MODULES = [
  'config',
  'domain',
  'observability',
  'runtime',
  'upstream',
  'auth',
  'sample',
  'admission',
  'runs',
  'graphql',
  'http',
  'fleet',
  'check',
  'gateway.ts',
  'library',
  'index.ts',
  'cli',
  'main.ts',
  'web',
];

/** Isolated modules: a stand-in for an external service, and the code for browsers. */
const ISOLATED: readonly string[] = ['sample', 'web'];

const SRC = fileURLToPath(new URL('../src', import.meta.url));

type Imports = ReadonlyMap<string, readonly string[]>;

/** The imports within `src` by file, including types. */
function readImports(): Imports {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(SRC, file), 'utf8'));
      const local = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.'));
      return [file, local.map((name) => join(dirname(file), name))];
    }),
  );
}

const moduleOf = (file: string): string => file.split('/')[0] ?? '';
const isOfSample = (file: string): boolean => moduleOf(file) === 'sample';

function upwardImports(imports: Imports): string[] {
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => {
        const [from, to] = [moduleOf(file), moduleOf(target)];
        if (ISOLATED.includes(from)) return to !== from;
        if (to === 'web') return true;
        return MODULES.indexOf(to) > MODULES.indexOf(from) || !MODULES.includes(to);
      })
      .map((target) => `${file} imports ${target}: move what they share into a module above both`),
  );
}

function importsOfFleet(imports: Imports): string[] {
  const others = [...imports].filter(([file]) => moduleOf(file) !== 'fleet' && file !== 'gateway.ts');
  return others.flatMap(([file, targets]) =>
    targets
      .filter((target) => moduleOf(target) === 'fleet')
      .map((target) => `${file} imports ${target}: give it a port, and let gateway.ts pass what fulfils it`),
  );
}

/** The files on a cycle of imports, or null. */
function findCycle(imports: Imports): string[] | null {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    done.add(file);
    for (const target of imports.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle) return cycle;
    }
    return null;
  };
  for (const file of imports.keys()) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return null;
}

describe('the architecture', () => {
  const imports = readImports();

  it('assigns every file to a module', () => {
    expect([...imports.keys()].filter((file) => !MODULES.includes(moduleOf(file)))).toEqual([]);
  });

  it('imports only from the same module or one above', () => {
    expect(upwardImports(imports)).toEqual([]);
  });

  it('allows no import cycles', () => {
    // The generated types import the context, as types only, and not the other way round.
    expect(findCycle(imports)).toBeNull();
  });

  it('imports the fleet only from the composition root', () => {
    expect(importsOfFleet(imports)).toEqual([]);
  });

  it('names the Valkey client only in the fleet', () => {
    const naming = [...imports.keys()].filter((file) => readFileSync(join(SRC, file), 'utf8').includes("'ioredis'"));
    expect(naming.filter((file) => moduleOf(file) !== 'fleet')).toEqual([]);
  });

  it('loads the Valkey client in one place, and only on demand', () => {
    const texts = [...imports.keys()].map((file) => [file, readFileSync(join(SRC, file), 'utf8')] as const);
    const importing = texts.filter(([, text]) => /^import (?!type )[^;]*'ioredis'/m.test(text));
    expect(importing.map(([file]) => file)).toEqual([]);
    const loading = texts.filter(([, text]) => text.includes("import('ioredis')"));
    expect(loading.map(([file]) => file)).toEqual(['fleet/connection.ts']);
  });

  it('loads the sample only on demand', () => {
    const importing = [...imports].filter(([file, targets]) => moduleOf(file) !== 'sample' && targets.some(isOfSample));
    const sources = importing.map(([file]) => [file, readFileSync(join(SRC, file), 'utf8')] as const);
    expect(sources.filter(([, text]) => /^(?:import|export) [^(]*\/sample\//m.test(text))).toEqual([]);
    expect(sources.map(([file]) => file).toSorted()).toEqual(['check/run-check.ts', 'gateway.ts']);
  });

  it('detects upward imports and cycles', () => {
    expect(upwardImports(new Map([['domain/run.ts', ['runs/run-store.ts']]]))).toHaveLength(1);
    expect(upwardImports(new Map([['sample/wire.ts', ['domain/run.ts']]]))).toHaveLength(1);
    expect(upwardImports(new Map([['web/app.tsx', ['domain/run.ts']]]))).toHaveLength(1);
    expect(upwardImports(new Map([['http/app.ts', ['web/format/duration.ts']]]))).toHaveLength(1);
    expect(importsOfFleet(new Map([['check/check.ts', ['fleet/valkey.ts']]]))).toHaveLength(1);
    expect(findCycle(new Map(Object.entries({ a: ['b'], b: ['c'], c: ['b'] })))).toEqual(['b', 'c', 'b']);
  });
});
