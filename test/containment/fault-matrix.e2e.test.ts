/** Each kind of fault in each kind of upstream call: it nulls only the fields that need the call, with its code. */
import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { type Json, startGateway, type TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { subscribe } from '../harness/live-client.ts';
import { oddRuns } from '../harness/odd-runs.ts';
import { ofRun, placesOf } from '../harness/operations.ts';
import { type Fault, QUICK_FAULTS } from '../harness/quick-faults.ts';
import { type Call, ScriptedUpstream } from '../harness/upstream.ts';

const FAULTS: Readonly<Record<string, Fault>> = {
  ...QUICK_FAULTS,
  'a cut connection': { reply: () => ({ raw: '[{"id":"r1"}]', cutAfter: 5 }), code: 'UPSTREAM_UNAVAILABLE' },
  'no answer in time': { reply: ({ cut }) => cut.then(() => ({})), code: 'UPSTREAM_TIMEOUT' },
};

const OF_RUN = `id status error outputs steps { id node { id } } stepCounts { total } timing { busyMs }
  tokenUsage { counts { totalTokens } } timeline { laneCount } failedSteps { id } lastSuccessBefore { id } expectation { sampleSize } workflow { id name }`;
const QUERY = `{
  workflows { totalCount nodes { id name runs(first: 2) { nodes { id status } } } }
  workflow(id: "wf") {
    id name runs { nodes { id status } } statistics(last: 2) { runCount } failureGroups { nodes { count } } trend(last: 2) { runCount }
    runsById(ids: ["r1", "r3"]) { id status stepCounts { total } }
  }
  run(workflowId: "wf", id: "r1") { ${OF_RUN} }
  lean: run(workflowId: "wf", id: "r1") { status outputs }
  compareRuns(workflowId: "wf", baseId: "r3", headId: "r1") { wallClockDeltaMs base { status } }
  _entities(representations: [{ __typename: "Step", workflowId: "wf", runId: "r1", id: "s2" }, { __typename: "Workflow", id: "wf" }]) {
    ... on Step { durationMs } ... on Workflow { id }
  }
}`;

const STEP_FIELDS = ['steps', 'stepCounts', 'timing', 'tokenUsage', 'timeline', 'failedSteps'];
const stepsOf = (run: string) => STEP_FIELDS.map((field) => `${run}.${field}`);
const nodesOf = (run: string) => [0, 1, 2].map((index) => `${run}.steps.${index}.node`);

/** By call: the nulled fields in the query and in an event of a subscription, then both if the key is rejected. */
const CALLS: Readonly<
  Record<string, readonly [readonly string[], readonly string[], readonly string[], readonly string[]]>
> = {
  'steps r1': [
    [...stepsOf('run'), 'workflow.runsById.0.stepCounts', 'compareRuns', '_entities.0'],
    stepsOf('runUpdated.run'),
    ['run', 'workflow.runsById.0', 'compareRuns', '_entities.0'],
    ['runUpdated'],
  ],
  'run r1': [['run', 'lean', 'workflow.runsById.0', 'compareRuns', '_entities.0'], ['runUpdated'], [], []],
  'runs wf': [
    [
      ...['runs', 'statistics', 'failureGroups', 'trend'].map((field) => `workflow.${field}`),
      ...['workflows.nodes.0.runs', 'run.lastSuccessBefore', 'run.expectation'],
    ],
    ['runUpdated.run.lastSuccessBefore', 'runUpdated.run.expectation'],
    [],
    [],
  ],
  workflows: [
    ['workflows', 'workflow.name', 'run.workflow.name', ...nodesOf('run')],
    ['runUpdated.run.workflow.name', ...nodesOf('runUpdated.run')],
    [],
    [],
  ],
};
const callOf = ({ endpoint, workflowId, runId }: Call): string =>
  endpoint === 'runs' ? `runs ${workflowId}` : `${endpoint} ${runId}`.trim();

/** The same data with null at these paths. */
function withNulls(data: Json, places: readonly string[], path = ''): unknown {
  if (places.includes(path)) return null;
  if (typeof data !== 'object' || data === null) return data;
  const inner = Object.entries(data).map(([key, value]): [string, unknown] => [
    key,
    withNulls(value, places, path === '' ? key : `${path}.${key}`),
  ]);
  return Array.isArray(data) ? inner.map(([, value]) => value) : Object.fromEntries(inner);
}

/** Faults become errors independently of the kind of call, so only one call gets all faults. */
const ALL_FAULTS = 'steps r1';
const IN_EACH_CALL = ['HTTP 500', 'HTTP 404', 'HTTP 401', 'HTTP 403', 'a wrong shape'];

const rows = Object.entries(CALLS).flatMap(([call, [places, ofEvent, denied, deniedEvent]]) =>
  Object.entries(FAULTS).flatMap(([name, fault]) => {
    if (call !== ALL_FAULTS && !IN_EACH_CALL.includes(name)) return [];
    // A missing record is not a failure: the run is derived from its steps.
    if (call === 'run r1' && name === 'HTTP 404') return [];
    const isAll = fault.isDenial && denied.length > 0;
    return [{ call, name, fault, places: isAll ? denied : places, ofEvent: isAll ? deniedEvent : ofEvent }];
  }),
);

describe('a failed upstream call nulls only the fields that depend on it', () => {
  let isFailing: { readonly call: string; readonly fault: Fault } | null = null;
  const upstream = perBlock(
    new ScriptedUpstream((call) =>
      call.key === 'failing' && callOf(call) === isFailing?.call ? isFailing.fault.reply(call) : oddRuns(call),
    ),
  );

  async function eventOf(gateway: TestGateway, key: string, transport: 'graphql-ws' | 'graphql-sse') {
    const text = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { ${OF_RUN} } } }`;
    const client = await subscribe(transport, gateway.url, text, { key });
    const frame = await client.next();
    client.leave();
    if (frame.type === 'next') return { data: frame.payload.data ?? null, errors: frame.payload.errors ?? [] };
    return { data: null, errors: frame.type === 'error' ? frame.errors : [] };
  }

  it.each(rows.map((row) => [row.call, row.name, row] as const))('%s: %s', async (call, name, row) => {
    const { fault, places, ofEvent } = row;
    // A gateway for each row, as failures open the circuit breaker. The long time limit keeps other calls from timing
    // out on a busy machine.
    const isTimeout = name === 'no answer in time';
    const env = { UPSTREAM_TIMEOUT_MS: isTimeout ? '1500' : '60000' };
    const gateway = await startGateway({ upstream, env, clock: createManualClock() });
    isFailing = { call, fault };
    const expectAs = (
      healthy: Json,
      at: readonly string[],
      got: {
        readonly data: Json;
        readonly errors: readonly never[] | Awaited<ReturnType<TestGateway['query']>>['errors'];
      },
    ) => {
      const data = at.includes('runUpdated') ? null : withNulls(healthy, at);
      expect({ data: got.data, errors: placesOf(got) }).toEqual({
        data,
        errors: at.map((place) => `${place}: ${fault.code}`).sort(),
      });
    };
    // With a key that has not been accepted, an operation ends at its first 401.
    await gateway.query('{ run(workflowId: "other", id: "o1") { steps { id } } }', { key: 'failing' });
    const first = await gateway.query(QUERY, { key: 'failing' });
    const healthy = await gateway.query(QUERY, { key: 'healthy' });
    expect(healthy.errors).toEqual([]);
    expectAs(healthy.data, places, first);
    // After its first success the operation is known.
    if (!isTimeout) expectAs(healthy.data, places, await gateway.query(QUERY, { key: 'failing' }));
    if (isTimeout || fault.isDenial || name === 'HTTP 500') {
      await gateway.query('{ run(workflowId: "other", id: "o1") { steps { id } } }', { key: 'failing' });
      const transport = name === 'HTTP 401' ? 'graphql-sse' : 'graphql-ws';
      const event = await eventOf(gateway, 'healthy', transport);
      expectAs(event.data, ofEvent, await eventOf(gateway, 'failing', transport));
    }
    await gateway.close();
  });

  it('derives a run without a record from its steps', async () => {
    isFailing = { call: 'run r1', fault: QUICK_FAULTS['HTTP 404'] };
    const gateway = await startGateway({ upstream });
    const { data, errors } = await gateway.query(ofRun('status statusIsInferred'), { key: 'failing' });
    expect({ data, errors }).toEqual({ data: { run: { status: 'COMPLETED', statusIsInferred: true } }, errors: [] });
    await gateway.close();
  });
});
