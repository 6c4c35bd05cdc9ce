/**
 * Faults of upstream calls, however the operation is asked: checked against the rule, not against written answers. Each call meets each
 * fault and each way of asking, and each fault each way: all pairs, a third of all combinations.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSchema } from '../../src/graphql/schema.ts';
import { createManualClock } from '../harness/clock.ts';
import { differenceFrom, type PlainAnswer } from '../support/containment/answers.ts';
import { createContainmentRule } from '../support/containment/rule.ts';
import { withIds } from '../support/containment/with-ids.ts';
import {
  callOf,
  createFailingCalls,
  FAULTS,
  type Failures,
  type FailingCalls,
} from '../support/containment/failing-calls.ts';
import { startFaultyUpstream, type Endpoint, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { subscribe, type Frame, type Transport } from '../harness/live-client.ts';

const schema = createSchema();

const OF_RUN = `id workflowId status startedAt endedAt wallClockMs error inputs outputs freshness { isFinal isStale staleReason fetchedAt }
  lastActivityAt steps { id durationMs node { type } outputs(path: "model") } stepCounts { total failed } failedSteps { id }
  firstFailedStep { id } slowestSteps { id } totalElapsedTime timing { busyMs wallClockMs } timeline { bars { step { id } } }
  rawStatus errorInfo { message } changedSteps { id status } lastSuccessBefore { id }
  criticalPath { isInferred steps { id } } progress { total isTotalKnown } repeatedNodes { nodeId } tokenUsage { totalTokens }
  workflow { name runs(first: 1) { nodes { status stepCounts { total } } } }`;

const QUERY = withIds(
  schema,
  `{
  workflows { totalCount nodes { name runs(first: 2) { nodes { status totalElapsedTime } edges { node { id } } } } }
  workflow(id: "wf") {
    name graph { entry }
    runs { nodes { status startedAt tokenUsage { totalTokens } } pageInfo { hasNextPage } }
    statistics(last: 2) { runCount successRate nodes { nodeId failureCount } }
    failureGroups { count runs { id } } trend(last: 2) { runCount failedCount nodes { nodeId } }
    runsById(ids: ["r1", "r2", "r3", "missing", "broken"]) { status endedAt stepCounts { total } }
  }
  run(workflowId: "wf", id: "r1") { ${OF_RUN} }
  lean: run(workflowId: "wf", id: "r1") { status outputs }
  compareRuns(workflowId: "wf", baseId: "r2", headId: "r1") { wallClockDeltaMs base { status progress { total } } nodes { change } }
}`,
);

const ENTITIES = withIds(
  schema,
  `query {
  _entities(representations: [
    { __typename: "Run", workflowId: "wf", id: "r1" }
    { __typename: "Step", workflowId: "wf", runId: "r1", id: "s2" }
    { __typename: "Step", workflowId: "wf", runId: "r2", id: "s1" }
    { __typename: "Workflow", id: "wf" }
    { __typename: "Run", workflowId: "wf", id: "missing" }
  ]) {
    ... on Run { status error totalElapsedTime progress { total } }
    ... on Step { id durationMs node { type } }
    ... on Workflow { name runs { nodes { status failedSteps { id } } } statistics { runCount nodes { nodeId } } }
  }
}`,
);

const SUBSCRIPTION = withIds(schema, `subscription { runUpdated(workflowId: "wf", id: "r1") { ${OF_RUN} } }`);
const MUTATION = withIds(
  schema,
  `mutation { executeWorkflow(workflowId: "wf") { message run { id workflow { id } startedAt status timing { busyMs } } } }`,
);
/** Ids need no call. */
const IDS_OF_STARTED = withIds(
  schema,
  `mutation { executeWorkflow(workflowId: "wf") { message run { id workflowId startedAt stepCounts { total } } } }`,
);

/** Of a run whose calls fail in no row. */
const ACCEPTED = '{ run(workflowId: "other", id: "o1") { steps { id } } }';

type Ask = (gateway: TestGateway, text: string, key: string) => Promise<PlainAnswer>;

const query: Ask = async (gateway, text, key) => {
  const { data, errors } = await gateway.query(text, { key });
  return { data, errors };
};

const firstEvent =
  (transport: Transport): Ask =>
  async (gateway, text, key) => {
    const client = await subscribe(transport, gateway.url, text, { key });
    const frame = await client.next();
    client.leave();
    return answerIn(frame);
  };

/** An error ends a subscription of which nothing can be answered. */
function answerIn(frame: Frame): PlainAnswer {
  if (frame.type === 'next') return { data: frame.payload.data ?? null, errors: frame.payload.errors ?? [] };
  if (frame.type === 'error') return { data: null, errors: frame.errors };
  throw new Error(`expected an answer, got ${frame.type}`);
}

interface Way {
  readonly text: string;
  readonly ask: Ask;
  /** How often it is asked with the key for which calls fail: the last answer counts. */
  readonly times: number;
}

const WAYS: Readonly<Record<string, Way>> = {
  'the first time': { text: QUERY, ask: query, times: 1 },
  'again and compiled': { text: QUERY, ask: query, times: 2 },
  'as an entity': { text: ENTITIES, ask: query, times: 1 },
  'as a subscription over graphql-ws': { text: SUBSCRIPTION, ask: firstEvent('graphql-ws'), times: 1 },
  'as a subscription over graphql-sse': { text: SUBSCRIPTION, ask: firstEvent('graphql-sse'), times: 1 },
};
const MUTATIONS: Readonly<Record<string, Way>> = {
  'as a mutation': { text: MUTATION, ask: query, times: 1 },
  'as a mutation that reads ids': { text: IDS_OF_STARTED, ask: query, times: 1 },
};

const CALLS: readonly (readonly [Endpoint, readonly string[], Readonly<Record<string, Way>>])[] = [
  ['steps', ['r1', 'h2'].map((id) => callOf('steps', 'wf', id)), WAYS],
  ['run', [callOf('run', 'wf', 'r1')], WAYS],
  ['runs', [callOf('runs', 'wf')], WAYS],
  ['workflows', [callOf('workflows')], WAYS],
  ['execute', [callOf('execute', 'wf')], MUTATIONS],
  ['run', [callOf('run', 'wf', 'started')], MUTATIONS],
  ['steps', [callOf('steps', 'wf', 'started')], MUTATIONS],
];

/** The others are read alike: see random-failures.test.ts. */
const ALIKE: readonly string[] = ['HTTP 400', 'a redirect', 'half an answer'];
const OF_MATRIX = Object.fromEntries(Object.entries(FAULTS).filter(([name]) => !ALIKE.includes(name)));
const TIMEOUT = FAULTS['no answer in time'];

interface Row {
  readonly name: string;
  readonly way: Way;
  readonly failures: Failures;
}

/** A record that is not there is no failure: then the steps tell. */
const isNoFailure = (endpoint: Endpoint, fault: string): boolean => endpoint === 'run' && fault === 'HTTP 404';

const rows: readonly Row[] = CALLS.flatMap(([endpoint, calls, ways], ofCalls) =>
  Object.entries(OF_MATRIX).flatMap(([fault, how], ofFaults) =>
    Object.entries(ways).flatMap(([way, asked], ofWays): Row[] => {
      // Of any two that are given, the third takes every remainder.
      const isLeftOut = (ofCalls + ofFaults + ofWays) % Math.min(3, Object.keys(ways).length) !== 0;
      if (isLeftOut || isNoFailure(endpoint, fault)) return [];
      // Statistics leave out a run whose steps are not there: that is another value, and no error.
      const failing = fault === 'HTTP 404' ? calls.slice(0, 1) : calls;
      const failures = new Map(failing.map((call) => [call, how]));
      return [{ name: `${calls.join(', ')} × ${fault} × ${way}`, way: asked, failures }];
    }),
  ),
);

/** So that no other call times out on a busy machine. */
const TIMEOUT_MS = 5000;
const PATIENT_MS = 60_000;
/** Timeouts are mostly waiting: they come first, and the others fill the time. */
const AT_A_TIME = 10;

describe('a failed upstream call nulls what depends on it, and nothing else', () => {
  const rule = createContainmentRule();
  const outcomes = new Map<Row, string | null>();
  const references = new Map<Way, Promise<readonly [PlainAnswer, PlainAnswer]>>();
  let calls: FailingCalls;
  let upstream: FaultyUpstream;

  /** A gateway for each row: failures open the breaker, which is shared. */
  async function withGateway<T>(timeoutMs: number, use: (gateway: TestGateway) => Promise<T>): Promise<T> {
    const { now, after } = createManualClock();
    const environment = {
      UPSTREAM_URL: upstream.url,
      UPSTREAM_TIMEOUT_MS: String(timeoutMs),
      MAX_OPERATION_COST: '5000',
    };
    const gateway = await startGateway(environment, { now, after });
    try {
      return await use(gateway);
    } finally {
      await gateway.close();
    }
  }

  /** What is answered without a failure, and that without any graph. */
  const referencesOf = ({ text, ask }: Way) =>
    withGateway(
      PATIENT_MS,
      async (gateway) => [await ask(gateway, text, 'healthy'), await ask(gateway, text, 'without-graph')] as const,
    );

  /** Null if the answer is as the rule says. */
  async function check({ way, failures }: Row, key: string): Promise<string | null> {
    const { text, ask, times } = way;
    const isTimeout = [...failures.values()].some((fault) => fault === TIMEOUT);
    const answer = await withGateway(isTimeout ? TIMEOUT_MS : PATIENT_MS, async (gateway) => {
      // From its first success on the operation is compiled.
      if (times > 1) await ask(gateway, text, 'healthy');
      calls.fail(key, failures);
      // With a key that is not accepted an operation ends at its first 401.
      const askAccepted = async () => {
        await gateway.query(ACCEPTED, { key });
        return ask(gateway, text, key);
      };
      for (let time = 1; time < times; time += 1) await askAccepted();
      return askAccepted();
    });
    const reference = references.get(way) ?? referencesOf(way);
    references.set(way, reference);
    const [healthy, withoutGraph] = await reference;
    return differenceFrom(await rule({ text, variables: {}, failures, healthy, withoutGraph }), answer);
  }

  beforeAll(async () => {
    calls = createFailingCalls();
    calls.withoutWorkflows('without-graph');
    upstream = await startFaultyUpstream(calls.script);
    const isSlow = ({ failures }: Row): number => ([...failures.values()].some((fault) => fault === TIMEOUT) ? 0 : 1);
    const waiting = [...rows.entries()].sort(([, one], [, other]) => isSlow(one) - isSlow(other));
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [number, row] = next;
        outcomes.set(row, await check(row, `key-${number}`));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  }, 300_000);
  afterAll(() => upstream.close());

  it('has at least sixty rows', () => {
    expect(rows.length).toBeGreaterThanOrEqual(60);
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    expect(outcomes.get(row)).toBeNull();
  });
});
