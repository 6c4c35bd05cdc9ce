/** Random operations, each compiled where it can be and compared with graphql-js. */
import fc, { type Arbitrary, type GeneratorValue, type Parameters } from 'fast-check';
import { parse, type GraphQLSchema } from 'graphql';
import { createCoverage } from './compiled-coverage.ts';
import { createComparison } from './query-harness.ts';
import { isValid, randomOperation } from './random-operations.ts';

export interface Tally {
  readonly seen: number;
  readonly compiled: number;
  /** Compiled ones that answered with an error. */
  readonly withErrors: number;
  /** Compiled ones whose variables were refused. */
  readonly refused: number;
}

export interface Outcome extends Tally {
  /** With the seed and the path that lead to it again; null if there is none. */
  readonly failure: string | null;
  /** What the compiled operations that were executed have read. */
  readonly counts: ReadonlyMap<string, number>;
}

/** One function for each bound: fast-check searches the arguments that it was called with before, one by one. */
function createBounds(): (count: number) => () => Arbitrary<number> {
  const bounds = new Map<number, () => Arbitrary<number>>();
  return (count) => {
    const bound = bounds.get(count) ?? (() => fc.nat({ max: count - 1 }));
    bounds.set(count, bound);
    return bound;
  };
}

export async function checkRandomOperations(
  schema: GraphQLSchema,
  parameters: Parameters<[GeneratorValue]>,
  onProgress: (tally: Tally) => void = () => undefined,
): Promise<Outcome> {
  const compare = createComparison(schema);
  const coverage = createCoverage(schema);
  const below = createBounds();
  const tally = { seen: 0, compiled: 0, withErrors: 0, refused: 0 };

  const property = fc.asyncProperty(fc.gen(), async (gen) => {
    const draw = (count: number) => gen(below(count));
    const operation = randomOperation(schema, draw);
    const hasKey = draw(20) > 0;
    fc.pre(isValid(schema, parse(operation.text)));
    tally.seen += 1;
    onProgress(tally);
    const comparison = await compare(operation, hasKey);
    if (!comparison) return;
    const { expected, difference } = comparison;
    if (difference !== null) {
      throw new Error(`${operation.text}\nkey ${String(hasKey)}\n${difference}`);
    }
    tally.compiled += 1;
    if (expected.data === undefined) tally.refused += 1;
    else coverage.add(operation.text);
    if (expected.data !== undefined && expected.errors) tally.withErrors += 1;
  });

  // Most of the time would go into the stacks of errors, which nobody reads.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const { failed, errorInstance, seed, counterexamplePath, numRuns } = await fc.check(property, {
    unbiased: true,
    endOnFailure: true,
    maxSkipsPerRun: 10,
    ...parameters,
  });
  Error.stackTraceLimit = stackTraceLimit;
  const failure = failed
    ? `seed ${seed}, path "${counterexamplePath}", run ${numRuns}:\n${String(errorInstance)}`
    : null;
  return { ...tally, failure, counts: coverage.counts };
}
