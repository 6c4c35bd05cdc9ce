/** Random operations with random failing calls, checked against the rule of containment. */
import fc, { type Arbitrary, type GeneratorValue, type Parameters } from 'fast-check';
import { parse, validate, type GraphQLSchema } from 'graphql';
import { createManualClock } from '../../../test/harness/clock.ts';
import { startGateway } from '../../../test/harness/gateway.ts';
import { type Fault, QUICK_FAULTS } from '../../../test/harness/quick-faults.ts';
import { type Draw, randomOperation } from '../../../test/harness/random-operations.ts';
import { startUpstream } from '../../../test/harness/upstream.ts';
import { codesByPlace, differenceFrom, valueAt, type PlainAnswer, type PlainError } from './answers.ts';
import { createContainmentRule } from './rule.ts';
import { withIds } from './with-ids.ts';
import { callOf, createFailingCalls, type Failures } from './failing-calls.ts';

export interface Tally {
  /** Executed operations. */
  seen: number;
  /** Operations with a field that depends on a failed call. */
  affected: number;
  /** Operations with such a field, and with another field that has a value. */
  partly: number;
  /** Nulled places. */
  nulls: number;
  /** Answers that differ and may, because the upstream rejected the key. */
  refused: number;
}

export interface Outcome {
  readonly tally: Tally;
  /** The seed and path that reproduce it, or null. */
  readonly failure: string | null;
}

const BY_ID = ['r1', 'r2', 'r3', 'broken'];
const LISTED = ['h1', 'h2', 'h3'];

/** Records of listed runs come with their list. */
const CALLS: readonly string[] = [
  callOf('workflows'),
  callOf('runs', 'wf'),
  callOf('runs', 'other'),
  callOf('steps', 'other', 'o1'),
  ...BY_ID.map((id) => callOf('run', 'wf', id)),
  ...[...BY_ID, ...LISTED].map((id) => callOf('steps', 'wf', id)),
];

/** A 404 of a record is not a failure. A 404 of a listed run's steps leaves the run out of statistics without an error. */
const isNoFailure = (call: string): boolean => call.startsWith('run ') || /^steps .* [ho]\d$/.test(call);

const FAULTS = Object.values<Fault>(QUICK_FAULTS);

function randomFailures(draw: Draw): Failures {
  const failures = new Map<string, Fault>();
  const isLikely = 1 + draw(4);
  for (const call of CALLS) {
    const fault = FAULTS[draw(FAULTS.length)];
    if (fault && draw(5) < isLikely && !(fault === QUICK_FAULTS['HTTP 404'] && isNoFailure(call)))
      failures.set(call, fault);
  }
  return failures;
}

const REFUSED = 'UNAUTHENTICATED';
const hasCode = (errors: ReadonlyMap<string, readonly string[]>, code: string): boolean =>
  [...errors.values()].some((codes) => codes.includes(code));

export async function checkFailingOperations(
  schema: GraphQLSchema,
  parameters: Parameters<[GeneratorValue]>,
  onProgress: (tally: Tally) => void = () => undefined,
): Promise<Outcome> {
  const calls = createFailingCalls();
  const upstream = await startUpstream(calls.script);
  const env = {
    UPSTREAM_TIMEOUT_MS: '60000',
    UPSTREAM_CONCURRENCY: '100',
    MAX_OPERATION_OBJECTS: '1000000',
    MAX_UPSTREAM_CALLS: '1000',
    // The clock stands still, and most keys are never accepted.
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000',
  };
  const gateway = await startGateway({ upstream, env, clock: createManualClock() });
  const rule = createContainmentRule();
  const tally: Tally = { seen: 0, affected: 0, partly: 0, nulls: 0, refused: 0 };
  // One function for each bound: fast-check looks up earlier arguments one by one.
  const bounds = new Map<number, () => Arbitrary<number>>();
  const below = (count: number) => {
    const bound = bounds.get(count) ?? (() => fc.nat({ max: count - 1 }));
    bounds.set(count, bound);
    return bound;
  };
  let count = 0;

  const property = fc.asyncProperty(fc.gen(), async (gen) => {
    const draw: Draw = (bound) => gen(below(bound));
    const failures = randomFailures(draw);
    const isCompiledFirst = draw(2) === 0;
    const { text: plain, variables } = randomOperation(schema, draw);
    fc.pre(validate(schema, parse(plain), undefined, { maxErrors: 1 }).length === 0);
    const text = withIds(schema, plain);
    count += 1;
    const [healthyKey, failingKey, graphlessKey] = [`healthy-${count}`, `failing-${count}`, `graphless-${count}`];
    calls.fail(failingKey, failures);
    calls.withoutWorkflows(graphlessKey);
    const ask = async (key: string): Promise<PlainAnswer> => gateway.query(text, { key, variables });

    const early = isCompiledFirst ? null : await ask(failingKey);
    const healthy = await ask(healthyKey);
    // The operation was rejected, or none of its fields has a value.
    if (healthy.data === null) return;
    // A list over several workflows has another value without some of them, and an error next to it. So has triage without some
    // of its runs.
    const isBeside = ({ path = [] }: PlainError) => valueAt(healthy.data, path) !== null;
    const loses = (fields: RegExp, calls: RegExp): boolean =>
      fields.test(text) && [...failures.keys()].some((call) => calls.test(call));
    const isLess =
      loses(/recentRuns|overdueRuns|usage/, /^runs /) ||
      loses(/failureGroups|changePoints|baseline|diagnosis/, /^(?:runs |steps |workflows)/);
    if (isLess || healthy.errors.some(isBeside)) return;
    const withoutGraph = failures.has(callOf('workflows')) ? await ask(graphlessKey) : healthy;
    const expected = await rule({ text, variables, failures, healthy, withoutGraph });
    const answers = [early, await ask(failingKey), await ask(failingKey)].filter((answer) => answer !== null);
    for (const answer of answers) {
      const difference = differenceFrom(expected, answer);
      // A rejected key ends the calls of its operation. How many had begun depends on their times.
      const isRefused = hasCode(codesByPlace(answer), REFUSED) && hasCode(expected.errors, REFUSED);
      if (difference === null) continue;
      if (isRefused) {
        tally.refused += 1;
        continue;
      }
      throw new Error(`${text}\n${JSON.stringify(variables)}\n${[...failures.keys()].join(', ')}\n${difference}`);
    }
    tally.seen += 1;
    const nulls = expected.errors.size - healthy.errors.length;
    if (JSON.stringify(expected.data) !== JSON.stringify(healthy.data)) {
      tally.affected += 1;
      tally.nulls += Math.max(0, nulls);
      if (Object.values(expected.data as object).some((value) => value !== null)) tally.partly += 1;
    }
    onProgress(tally);
  });

  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const { failed, errorInstance, seed, counterexamplePath, numRuns } = await fc.check(property, {
      unbiased: true,
      endOnFailure: true,
      maxSkipsPerRun: 10,
      ...parameters,
    });
    const failure = failed
      ? `seed ${seed}, path "${counterexamplePath}", run ${numRuns}:\n${String(errorInstance)}`
      : null;
    return { tally, failure };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    await gateway.close();
    await upstream.close();
  }
}
