/**
 * What compiled queries cost and gain, for decision record 9: `node --expose-gc scripts/soak/compiled-figures.ts`.
 * Memory by field over many distinct operations, and the time of a cached run of 20 steps both ways.
 */
import { execute, parse } from 'graphql';
import { BYTES_PER_FIELD, createQueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { MAX_COMPILED_FIELDS } from '../../src/graphql/compiled/compiled-query-document.ts';
import type { Context } from '../../src/graphql/context.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createContexts } from '../../test/support/query-harness.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const schema = createSchema();
const contextOf = createContexts(schema);

const OPERATIONS = 100;
const FIELDS = MAX_COMPILED_FIELDS - 10;

/** An operation of about `FIELDS` fields, made of a part that has `size` of them. */
const repeat = (open: string, part: (alias: string) => string, size: number) =>
  Array.from({ length: OPERATIONS }, (_, index) => {
    const parts = Array.from({ length: Math.floor(FIELDS / size) }, (_, place) => part(`a${index}x${place}`));
    return `${open} ${parts.join(' ')} ${'}'.repeat(open.split('{').length - 1)}`;
  });

const RUN = '{ run(workflowId: "wf", id: "r1") {';
const SHAPES = {
  'leaves of one list': repeat(`${RUN} steps {`, (alias) => `${alias}: durationMs`, 1),
  'lists of leaves': repeat(RUN, (alias) => `${alias}: steps { id nodeId status startTime endTime error }`, 7),
  'resolvers with arguments': repeat(RUN, (alias) => `${alias}: outputs(path: "a")`, 1),
  'nested objects': repeat(
    '{',
    (alias) =>
      `${alias}: workflow(id: "wf") { run(id: "r1") { steps { previousAttempt { previousAttempt { id } } } } }`,
    6,
  ),
};

function heapBytes(): number {
  global.gc?.();
  global.gc?.();
  return process.memoryUsage().heapUsed;
}

async function measureMemory(shape: string, texts: readonly string[]): Promise<void> {
  const documents = texts.map((text) => parse(text, { noLocation: true }));
  const compiler = createQueryCompiler(schema);
  const before = heapBytes();
  const start = performance.now();
  const compiled = documents.map((document) => compiler.compile(document, null)).filter((query) => query !== null);
  const took = (performance.now() - start) / compiled.length;
  for (const one of compiled) for (let time = 0; time < 20; time += 1) await one.execute(contextOf('key'), {});
  const fields = compiled.reduce((sum, { sizeBytes }) => sum + sizeBytes / BYTES_PER_FIELD, 0);
  const perField = ((heapBytes() - before) / fields).toFixed(0);
  say(`${shape}: ${perField} bytes a field, ${(fields / compiled.length).toFixed(0)} fields in ${took.toFixed(1)} ms`);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** The workload W2 of the benchmarks: one run of 20 steps that is cached. */
async function measureTime(): Promise<void> {
  const text = `query Run($workflowId: ID!, $id: ID!, $probe: ID!) { run(workflowId: $workflowId, id: $id) {
    status totalElapsedTime failedSteps { id nodeId error }
    steps { id nodeId status startTime endTime elapsedTime } step(id: $probe) { id } } }`;
  const document = parse(text, { noLocation: true });
  const variableValues = { workflowId: 'wf', id: 'long', probe: 'none' };
  const compiled = createQueryCompiler(schema).compile(document, null);
  const ways = {
    'graphql-js': (contextValue: Context) => execute({ schema, document, variableValues, contextValue }),
    compiled: (context: Context) => compiled?.execute(context, variableValues),
  };
  const micros: Record<keyof typeof ways, number[]> = { 'graphql-js': [], compiled: [] };
  for (let round = 0; round < 120; round += 1) {
    for (const way of ['graphql-js', 'compiled'] as const) {
      const contexts = Array.from({ length: 100 }, () => contextOf('key'));
      const start = performance.now();
      for (const context of contexts) await ways[way](context);
      if (round >= 20) micros[way].push((performance.now() - start) * 10);
    }
  }
  const [slow, fast] = [median(micros['graphql-js']), median(micros.compiled)];
  say(`graphql-js ${slow.toFixed(1)} µs, compiled ${fast.toFixed(1)} µs: ${(slow / fast).toFixed(1)} times as fast`);
}

for (const [shape, texts] of Object.entries(SHAPES)) await measureMemory(shape, texts);
await measureTime();
