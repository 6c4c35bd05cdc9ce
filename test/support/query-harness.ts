/** Contexts over a scripted upstream without HTTP, and the comparison of a compiled query with graphql-js. */
import { isDeepStrictEqual } from 'node:util';
import { execute, parse, type ExecutionResult, type GraphQLError, type GraphQLSchema } from 'graphql';
import { EXECUTION_OPTIONS } from '../../src/graphql/operations/variables.ts';
import { createQueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { createContext, type Context, type ContextSource } from '../../src/graphql/context.ts';
import { createLookAhead } from '../../src/graphql/fields/data-requirements.ts';
import { createReadingQueue } from '../../src/graphql/reading-turns.ts';
import { createLivePollers } from '../../src/runs/live/live-pollers.ts';
import { createWorkflowPollers } from '../../src/runs/live/workflow-pollers.ts';
import { createRecentRuns } from '../../src/runs/history/recent-runs.ts';
import { joinNobody } from '../../src/runs/live/turns.ts';
import { createRunHistory } from '../../src/runs/history/run-history.ts';
import { createIdempotentStarts } from '../../src/runs/starts/idempotent-starts.ts';
import { createRunStarter } from '../../src/runs/starts/run-starter.ts';
import { createStartedRuns } from '../../src/runs/starts/started-runs.ts';
import { createRunStore } from '../../src/runs/run-store.ts';
import { createWorkflowStore } from '../../src/runs/workflow-store.ts';
import type { UpstreamApi } from '../../src/upstream/client.ts';
import { readStartedRun } from '../../src/upstream/contract.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createHoldingCache } from './cache.ts';
import { createManualClock } from '../harness/clock.ts';
import { viewerOf } from './operations.ts';
import type { RandomOperation } from './random-operations.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';
import { answerOf, readRun, readRuns, readSteps, readWorkflows } from './read-wire.ts';

const answer = <T>(value: T) => Promise.resolve({ value, sizeBytes: 100 });

const failed = { status: 'failed', error: '{"message":"no","code":7}', outputs: null };

/** Of `r1`: a failure, its retry and a step beside it. Of `r2`: odd data. `r3` has no record and no end, `waiting` no start. */
const STEPS: Readonly<Record<string, readonly Wire[]>> = {
  r1: [
    wireStep({ ...failed, id: 's1' }),
    wireStep({ id: 's2', start_time: '2025-03-13T02:41:18Z', end_time: '2025-03-13T02:41:20Z' }),
    wireStep({
      id: 's3',
      node_id: 'send',
      status: 'skipped',
      outputs: [1, { usage: null }],
      tokens: 12,
      step_metadata: { branch: 'refund' },
    }),
  ],
  r2: [
    wireStep({ id: 's1', end_time: '2025-03-13T02:41:00Z', elapsed_time: 2 ** 40, tokens: 2 ** 40, node_id: 'gone' }),
    wireStep({
      id: 's2',
      status: 'odd',
      start_time: 'never',
      end_time: null,
      error: '',
      inputs: { x: [null, -Infinity] },
    }),
  ],
  /** Final, for measurements. */
  long: Array.from({ length: 20 }, (_, index) => wireStep({ id: `s${index}`, node_id: `node_${index}` })),
  r3: [wireStep({ id: 's1', status: 'running', end_time: null, outputs: null, elapsed_time: null })],
  waiting: [wireStep({ id: 's1', status: 'pending', start_time: null, end_time: null, elapsed_time: null })],
};

/** Listed, but only their records can be had: what is read of them must not depend on which call is answered first. */
const WITHOUT_STEPS = ['missing', 'broken'];

/** The last digit of the keys for which the list of workflows fails. */
const WITHOUT_WORKFLOWS = '7';

const fail = (runId: string): Promise<never> =>
  Promise.reject(
    runId === 'broken' || runId === 'down'
      ? new GatewayError('UPSTREAM_TIMEOUT', 'it took too long')
      : new GatewayError('NOT_FOUND', 'there is none', { upstreamStatus: 404 }),
  );

/** Newest first; `r1` and `broken` failed. */
const wireRecord = (runId: string): Wire =>
  wireRun(runId, {
    ...(['r1', 'broken'].includes(runId) && { status: 'failed', error: '{"message":"no answer","code":7}' }),
    ...(runId === 'r2' && { start_time: '2025-03-12T02:41:15.144470Z' }),
  });

const recordOf = (runId: string) =>
  ['r3', 'waiting'].includes(runId) || !(STEPS[runId] ?? WITHOUT_STEPS.includes(runId))
    ? null
    : readRun(answerOf([wireRecord(runId)]), runId);

const upstream: UpstreamApi = {
  listSteps: ({ runId }) => (STEPS[runId] ? answer(readSteps(answerOf(STEPS[runId]))) : fail(runId)),
  getRun: ({ runId }) => (runId === 'down' ? fail(runId) : answer(recordOf(runId))),
  listRuns: ({ workflowId }) =>
    workflowId === 'wf' ? answer(readRuns(answerOf(['r1', 'missing', 'r2', 'broken'].map(wireRecord)))) : fail('down'),
  listWorkflows: ({ credential }) =>
    credential.endsWith(WITHOUT_WORKFLOWS)
      ? fail('down')
      : answer(readWorkflows(answerOf([wireWorkflow('wf'), wireWorkflow('other', { graph: null })]))),
  execute: () => Promise.resolve(readStartedRun(answerOf({ run_id: 'r1', message: 'started' }))),
  close: () => undefined,
};

/** A process with nothing cached: one context an operation, for the key of a caller; null for none. */
export function createContexts(
  schema: GraphQLSchema,
  overrides: Partial<ContextSource> = {},
): (key: string | null) => Context {
  const { now, wallOf } = createManualClock();
  const durations = { liveTtlMs: 1000, staleIfErrorMs: 0, reauthIntervalMs: 60_000, settleMs: 30_000 };
  const cache = createHoldingCache({ maxBytes: 1_000_000, now, ...durations });
  const workflowStore = createWorkflowStore(upstream, cache, durations.liveTtlMs);
  const runStore = createRunStore({ upstream, cache, workflowStore, offersRecords: true, wallOf, ...durations });
  const runHistory = createRunHistory({ upstream, cache, runStore, ...durations });
  const limits = { maxUpstreamCalls: 1000 };
  const after = () => () => undefined;
  const polling = {
    cache,
    now,
    after,
    countSubscription: () => () => undefined,
    turnsOf: () => joinNobody,
    ...limits,
    ...durations,
  };
  const startedRuns = createStartedRuns({ fleet: null, source: '', now });
  const source = {
    runStore,
    workflowStore,
    runHistory,
    recentRuns: createRecentRuns(runHistory),
    livePollers: createLivePollers({ runStore, workflowStore, startedRuns, ...polling }),
    workflowPollers: createWorkflowPollers({ runHistory, ...polling }),
    runStarter: createRunStarter(upstream, cache, createIdempotentStarts({ now }), startedRuns),
    cache,
    isVerified: false,
    lookAhead: createLookAhead(schema),
    readingQueue: createReadingQueue(),
    maxUpstreamCalls: limits.maxUpstreamCalls,
    maxObjects: 1_000_000,
    prices: null,
    now,
    ...overrides,
  };
  // A new one costs an HMAC.
  let last = viewerOf('key-1');
  const viewerFor = (key: string) => (last = last.credential === key ? last : viewerOf(key));
  return (key) =>
    createContext(source, {
      viewer: key === null ? null : viewerFor(key),
      requestId: 'r',
      authError: null,
      signal: () => new AbortController().signal,
    });
}

export interface Comparison {
  readonly expected: ExecutionResult;
  /** Null if there is none. */
  readonly difference: string | null;
}

type Variables = RandomOperation['variables'];

interface ComparedOperation {
  readonly text: string;
  readonly variables: Variables;
  readonly otherVariables?: Variables;
}

export type Compare = (operation: ComparedOperation, hasKey: boolean) => Promise<Comparison | null>;

/**
 * Each way in a process of its own: with nothing cached, again, with other variables, and once more with the first ones.
 * Null for what is not compiled.
 */
export function createComparison(schema: GraphQLSchema): Compare {
  const compiler = createQueryCompiler(schema);
  const [contextOf, compiledContextOf] = [createContexts(schema), createContexts(schema)];
  let count = 0;

  return async ({ text, variables, otherVariables = variables }, hasKey) => {
    const document = parse(text, { noLocation: true });
    const compiled = compiler.compile(document, null);
    if (!compiled) return null;
    // Nothing is cached for a key that is new.
    count += 1;
    const key = hasKey ? `key-${count}` : null;
    const interpret = (variableValues: Variables) =>
      execute({ schema, document, variableValues, contextValue: contextOf(key), options: EXECUTION_OPTIONS });
    const uncached = { variables, expected: await interpret(variables) };
    const cached = { variables, expected: await interpret(variables) };
    const other = { variables: otherVariables, expected: await interpret(otherVariables) };
    for (const [index, sent] of [uncached, cached, other, cached].entries()) {
      const difference = differenceOf(sent.expected, await compiled.execute(compiledContextOf(key), sent.variables));
      if (difference !== null) {
        const at = `sent for the ${index + 1}. time, with the variables ${JSON.stringify(sent.variables)}`;
        return { expected: sent.expected, difference: `${at}: ${difference}` };
      }
    }
    return { expected: cached.expected, difference: null };
  };
}

/**
 * Data must be the same text. So must errors in any order, but for those below a place that an error has nulled. There
 * further errors may be left out (specification, 6.4.4): graphql-js leaves out those that come later, graphql-jit none.
 * Where all data is null both tell the error that came first, which depends on how many promises were waited for.
 */
export function differenceOf(expected: ExecutionResult, actual: ExecutionResult): string | null {
  const [expectedData, actualData] = [JSON.stringify(expected.data), JSON.stringify(actual.data)];
  if (expectedData !== actualData) return `expected the data ${expectedData}, got ${actualData}`;
  const [expectedErrors, actualErrors] = [groupErrors(expected), groupErrors(actual)];
  for (const place of new Set([...expectedErrors.keys(), ...actualErrors.keys()])) {
    const wanted = expectedErrors.get(place) ?? [];
    const got = actualErrors.get(place) ?? [];
    if (!areAlike(place, wanted, got)) {
      return `expected these errors at ${place}:\n${wanted.join('\n')}\ngot:\n${got.join('\n')}`;
    }
  }
  return null;
}

function areAlike(place: string, wanted: readonly string[], got: readonly string[]): boolean {
  if (place === EXACT) return isDeepStrictEqual(wanted, got);
  if (wanted.length === 0 || got.length === 0) return false;
  return place === ALL_DATA || wanted.every((error) => got.includes(error));
}

const ALL_DATA = '[]';
const EXACT = 'their own fields';

/** By the place that they nulled, if that is above their own. */
function groupErrors({ data, errors = [] }: ExecutionResult): Map<string, string[]> {
  const groups = Map.groupBy(errors, ({ path = [] }) => {
    let value: unknown = data;
    for (const [depth, key] of path.entries()) {
      if (value == null) return JSON.stringify(path.slice(0, depth));
      value = (value as Record<string | number, unknown>)[key];
    }
    return EXACT;
  });
  return new Map([...groups].map(([place, ofPlace]) => [place, ofPlace.map(tell).sort()]));
}

const tell = (error: GraphQLError): string => {
  const cause = error.originalError;
  return JSON.stringify([
    error.toJSON(),
    cause?.constructor.name,
    cause?.message,
    cause instanceof GatewayError && cause.code,
  ]);
};
