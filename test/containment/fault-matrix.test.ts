/** Each fault of each upstream call, however the operation is asked: checked against the rule, not against written answers. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSchema } from '../../src/graphql/schema.ts';
import { createManualClock } from '../support/clock.ts';
import { createContainmentRule, differenceFrom, withIds, type PlainAnswer } from '../support/containment-rule.ts';
import { callOf, createFailingCalls, FAULTS, type Failures, type FailingCalls } from '../support/failing-calls.ts';
import { startFaultyUpstream, type Endpoint, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Frame, type Transport } from '../support/live-client.ts';

const schema = createSchema();

const OF_RUN = `id workflowId status startedAt endedAt wallClockMs error inputs outputs freshness { isFinal isStale staleReason fetchedAt }
  lastActivityAt steps { id durationMs node { type } outputs(path: "model") } stepCounts { total failed } failedSteps { id }
  firstFailedStep { id } slowestSteps { id } totalElapsedTime timing { busyMs wallClockMs } timeline { bars { step { id } } }
  criticalPath { isInferred steps { id } } progress { total isTotalKnown } repeatedNodes { nodeId } tokenUsage { totalTokens }
  workflow { name runs(first: 1) { nodes { status stepCounts { total } } } }`;

const QUERY = `{
  workflows { totalCount nodes { name runs(first: 2) { nodes { status totalElapsedTime } edges { node { id } } } } }
  workflow(id: "wf") {
    name graph { entry }
    runs { nodes { status startedAt tokenUsage { totalTokens } } pageInfo { hasNextPage } }
    statistics(last: 2) { runCount successRate nodes { nodeId failureCount } }
    runsById(ids: ["r1", "r2", "r3", "missing", "broken"]) { status endedAt stepCounts { total } }
  }
  run(workflowId: "wf", id: "r1") { ${OF_RUN} }
  lean: run(workflowId: "wf", id: "r1") { status outputs }
  compareRuns(workflowId: "wf", baseId: "r2", headId: "r1") { wallClockDeltaMs base { status progress { total } } nodes { change } }
}`;

const ENTITIES = `query {
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
}`;

const SUBSCRIPTION = `subscription { runUpdated(workflowId: "wf", id: "r1") { ${OF_RUN} } }`;
const MUTATION = `mutation { executeWorkflow(workflowId: "wf") { message run { id workflow { id } startedAt status timing { busyMs } } } }`;
/** Ids need no call. */
const IDS_OF_STARTED = `mutation { executeWorkflow(workflowId: "wf") { message run { id workflowId startedAt stepCounts { total } } } }`;

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
  'again and again': { text: QUERY, ask: query, times: 3 },
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

interface Row {
  readonly name: string;
  readonly way: Way;
  readonly failures: Failures;
}

/** A record that is not there is no failure: then the steps tell. Without the steps of a listed run statistics leave it out. */
const isNoFailure = (endpoint: Endpoint, fault: string): boolean => endpoint === 'run' && fault === 'HTTP 404';

const rows: readonly Row[] = CALLS.flatMap(([endpoint, calls, ways]) =>
  Object.entries(FAULTS).flatMap(([fault, how]) =>
    Object.entries(ways).flatMap(([way, asked]): Row[] => {
      if (isNoFailure(endpoint, fault)) return [];
      const failing = fault === 'HTTP 404' ? calls.slice(0, 1) : calls;
      const failures = new Map(failing.map((call) => [call, how]));
      return [{ name: `${calls.join(', ')} × ${fault} × ${way}`, way: asked, failures }];
    }),
  ),
);

/** Faults of the connection take time, and most of it is waiting. */
const AT_A_TIME = 6;

describe('a failed upstream call nulls what depends on it, and nothing else', () => {
  const rule = createContainmentRule();
  const outcomes = new Map<Row, string | null>();
  let calls: FailingCalls;
  let upstream: FaultyUpstream;

  /** A gateway for each row: failures open the breaker, which is shared. Null if the answer is as the rule says. */
  async function check({ way: { text: plain, ask, times }, failures }: Row, number: number): Promise<string | null> {
    const { now, after } = createManualClock();
    const gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, UPSTREAM_TIMEOUT_MS: '1500', MAX_OPERATION_COST: '5000' },
      { now, after },
    );
    try {
      const text = withIds(schema, plain);
      const [healthyKey, graphlessKey, failingKey] = [`healthy-${number}`, `graphless-${number}`, `failing-${number}`];
      calls.withoutWorkflows(graphlessKey);
      calls.fail(failingKey, failures);
      let answer = await ask(gateway, text, failingKey);
      for (let time = 1; time < times; time += 1) {
        // By now the operation is compiled.
        await ask(gateway, text, healthyKey);
        answer = await ask(gateway, text, failingKey);
      }
      const healthy = await ask(gateway, text, healthyKey);
      const withoutGraph = await ask(gateway, text, graphlessKey);
      return differenceFrom(await rule({ text, variables: {}, failures, healthy, withoutGraph }), answer);
    } finally {
      await gateway.close();
    }
  }

  beforeAll(async () => {
    calls = createFailingCalls();
    upstream = await startFaultyUpstream(calls.script);
    const waiting = [...rows.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [number, row] = next;
        outcomes.set(row, await check(row, number));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  }, 120_000);
  afterAll(() => upstream.close());

  it('has at least sixty rows', () => {
    expect(rows.length).toBeGreaterThanOrEqual(60);
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    expect(outcomes.get(row)).toBeNull();
  });
});
