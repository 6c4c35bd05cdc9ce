import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import {
  BASELINE,
  CHANGED_RUN,
  createIncident,
  NEW_PROMPT,
  NEWEST,
  OLD_PROMPT,
  ordersOf,
  startOf,
} from '../harness/incident.ts';
import { perTest } from '../harness/lasting.ts';
import { codesOf, placesOf } from '../harness/operations.ts';
import { startUpstream } from '../harness/upstream.ts';
import { wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

/** The manual clock. */
const NOW = Date.parse('2026-11-24T12:00:00Z');
const HOUR = 3_600_000;
const WORKFLOWS = ['wf', ...Array.from({ length: 19 }, (_, number) => `wf${number}`)];

const CHANGES = 'kind nodeId run { id } before after';
const GROUPS = `query ($startedAfter: DateTime) { workflow(id: "wf") { failureGroups(last: 1000, startedAfter: $startedAfter) {
  nodes { latestMessage count firstSeenAt isNew isResolved suspectedChanges { ${CHANGES} } }
} } }`;
const ofRun = (fields: string, id = NEWEST) => `{ run(workflowId: "wf", id: "${id}") { ${fields} } }`;

interface Group {
  readonly latestMessage: string;
  readonly isNew: boolean;
  readonly isResolved: boolean;
}

describe('an incident that began 44 minutes ago', () => {
  const gateway = perTest(
    new TestGateway({ script: createIncident(NOW, ordersOf(WORKFLOWS)), clock: createManualClock() }),
  );
  const { upstream } = gateway;
  const calls = () => (['workflows', 'runs', 'run', 'steps'] as const).map((endpoint) => upstream.count(endpoint));
  const prompt = {
    ...{ kind: 'PROMPT', nodeId: 'enrich', run: { id: CHANGED_RUN } },
    ...{ before: OLD_PROMPT.slice(-21), after: NEW_PROMPT.slice(-18) },
  };

  it.each([
    ['an hour', 1, { count: 7, calls: [1, 2, 0, 45] }],
    ['a day', 24, { count: 7, calls: [1, 8, 0, 93] }],
    ['a week', 168, { count: 7, calls: [1, 11, 0, 120] }],
  ])('lists its new group first for %s, with its change', async (_, hours, expected) => {
    const startedAfter = new Date(NOW - hours * HOUR).toISOString();
    const { data, errors } = await gateway.query(GROUPS, { variables: { startedAfter } });
    expect(errors).toEqual([]);
    const { nodes } = (data as unknown as { workflow: { failureGroups: { nodes: readonly Group[] } } }).workflow
      .failureGroups;
    expect(nodes[0]).toEqual({
      ...{ latestMessage: "KeyError: 'sku_v1'", count: expected.count, firstSeenAt: startOf(22, NOW) },
      ...{ isNew: true, isResolved: false, suspectedChanges: [prompt] },
    });
    expect(nodes.map(({ latestMessage, isNew, isResolved }) => [latestMessage.slice(0, 8), isNew, isResolved])).toEqual(
      [
        ['KeyError', true, false],
        ['HTTP 429', false, false],
        ['Connecti', false, true],
      ],
    );
    expect(calls()).toEqual(expected.calls);
  });

  it('has the newest completed run before the change as baseline', async () => {
    const { data, errors } = await gateway.query(
      ofRun(`baseline { reason run { id } changes { ${CHANGES} } } lastSuccessBefore { id }`),
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      run: {
        baseline: { reason: 'BEFORE_CHANGE', run: { id: BASELINE }, changes: [prompt] },
        lastSuccessBefore: { id: 'wf-2' },
      },
    });
    // Three pages, and the steps of the failed runs and of those around the change.
    expect(calls()).toEqual([1, 3, 1, 32]);
  });

  it('compares the failed run with the baseline', async () => {
    const compared = 'base { id } head { id } wallClockDeltaMs nodes { nodeId change baseStep { id } headStep { id } }';
    const { data, errors } = await gateway.query(`{
      run(workflowId: "wf", id: "${NEWEST}") { baseline { comparison { ${compared} } } }
      compareRuns(workflowId: "wf", baseId: "${BASELINE}", headId: "${NEWEST}") { ${compared} }
    }`);
    expect(errors).toEqual([]);
    const comparison = { base: { id: BASELINE }, head: { id: NEWEST } };
    expect(data).toMatchObject({ run: { baseline: { comparison } }, compareRuns: comparison });
    const { run, compareRuns } = data as { run: { baseline: { comparison: unknown } }; compareRuns: unknown };
    expect(run.baseline.comparison).toEqual(compareRuns);
  });

  it('is summarized in a sentence, and in Markdown with links', async () => {
    await gateway.restart({ env: { PUBLIC_URL: 'https://runs.example.com/stepgate' } });
    const { data, errors } = await gateway.query(
      ofRun(
        'diagnosis { workflow { id } headline shareBefore failedStep { id } group { count isNew } baseline { run { id } } changes { kind } runsExamined markdown }',
      ),
    );
    expect(errors).toEqual([]);
    const page = 'https://runs.example.com/stepgate/workflows/wf/runs/wf-1';
    const headline =
      "`enrich` failed with KeyError: 'sku_v1'; new since 2026-11-24T11:15:00Z, in 6 of the 21 runs before it";
    expect(data).toEqual({
      run: {
        diagnosis: {
          workflow: { id: 'wf' },
          ...{ headline, shareBefore: '6 of the 21 runs before it' },
          ...{
            failedStep: { id: 'wf-1-enrich' },
            group: { count: 7, isNew: true },
            baseline: { run: { id: BASELINE } },
          },
          ...{ changes: [{ kind: 'PROMPT' }], runsExamined: 199 },
          markdown: [
            ...['```text', headline, '```', ''],
            ...['Judged by this run and 198 before it.', ''],
            ...['Changed shortly before:', ''],
            ...[
              '```text',
              'Prompt of enrich, 2026-11-24T11:11:00Z',
              '- Use the field sku_v1.',
              '+ Use the field sku.',
              '```',
              '',
            ],
            ...['```text', 'workflow  Workflow wf  (wf)', 'run       wf-1', 'node      enrich'],
            'alike     wf-4, wf-7, wf-13, wf-16, wf-19, wf-22',
            ...['compare   wf-26  (completed before the change)', '```', ''],
            ...[`Run: <${page}>`, '', `Comparison: <${page}?tab=compare&with=wf-26&node=enrich&diff=inputs>`, ''],
          ].join('\n'),
        },
      },
    });
    expect(calls()).toEqual([1, 3, 1, 32]);
  });

  it("shows less if the history can't be read", async () => {
    const { script } = upstream;
    upstream.script = (call) => (call.endpoint === 'runs' ? { status: 500 } : script(call));
    const answer = await gateway.query(
      ofRun(
        'baseline { reason } diagnosis { headline group { count } baseline { reason } changes { kind } runsExamined markdown }',
      ),
    );
    expect(placesOf(answer)).toEqual(
      ['baseline', 'diagnosis.baseline', 'diagnosis.changes', 'diagnosis.group'].map(
        (field) => `run.${field}: UPSTREAM_UNAVAILABLE`,
      ),
    );
    const headline = "`enrich` failed with KeyError: 'sku_v1'";
    expect(answer.data).toEqual({
      run: {
        baseline: null,
        diagnosis: {
          ...{ headline, group: null, baseline: null, changes: [], runsExamined: 1 },
          markdown: [
            ...['```text', headline, '```', '', 'Judged by this run alone.', ''],
            ...['```text', 'workflow  Workflow wf  (wf)', 'run       wf-1', 'node      enrich', '```', ''],
          ].join('\n'),
        },
      },
    });
  });

  describe('twenty workflows', () => {
    const QUERY = `query ($startedAfter: DateTime) { failureGroups(last: 1000, startedAfter: $startedAfter) {
      runsExamined runsRequested runsNotLoaded nodes { latestMessage isNew isResolved }
    } }`;
    const ask = async () => {
      const startedAfter = new Date(NOW - HOUR).toISOString();
      const answer = await gateway.query(QUERY, { variables: { startedAfter } });
      const { nodes, ...counts } = (answer.data as unknown as { failureGroups: Found }).failureGroups;
      return { nodes, counts, errors: answer.errors };
    };
    interface Found {
      readonly nodes: readonly Group[];
      readonly runsNotLoaded: number;
    }

    it('list new groups first, with two pages each and examined steps', async () => {
      await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '1000' } });
      const { nodes, counts, errors } = await ask();
      expect(errors).toEqual([]);
      expect(counts).toEqual({ runsExamined: 600, runsRequested: 600, runsNotLoaded: 0 });
      expect(nodes.map(({ isNew }) => isNew)).toEqual(nodes.map((_, index) => index < 20));
      expect(calls()).toEqual([1, 40, 0, 20 * 39]);
    });

    it('need no more pages and steps for common inputs, states and shifts', async () => {
      await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '1000' } });
      const { errors } = await gateway.query(`{
        failureGroups(${window}) { nodes { state returnedAt commonInputs { nodes { text } factsCompared } } }
        workflows(first: 20) { nodes { shifts(last: 199) { nodes { metric since before after } runsExamined } } }
      }`);
      expect(errors).toEqual([]);
      expect(calls()).toEqual([1, 40, 0, 20 * 39]);
    });

    const window = `last: 1000, startedAfter: "${new Date(NOW - HOUR).toISOString()}"`;
    const recent = (fields: string) =>
      `{ recentRuns(first: 40, filter: { status: [FAILED] }) { nodes { ${fields} } } }`;
    it.each([
      ['affectedRate', `{ failureGroups(${window}, orderBy: COUNT) { nodes { affectedRate } } }`, [1, 40, 0, 560]],
      [
        'estimatedCost',
        `{ failureGroups(${window}, orderBy: COUNT) { nodes { estimatedCost { amount } } } }`,
        [1, 40, 0, 180],
      ],
      [
        'suspectedChanges',
        `{ failureGroups(${window}, orderBy: COUNT) { nodes { suspectedChanges { kind } } } }`,
        [1, 40, 0, 700],
      ],
      ['baseline', recent('baseline { reason }'), [1, 80, 0, 700]],
      ['headline', recent('diagnosis { headline }'), [1, 80, 0, 560]],
    ])('limit the calls of %s by the groups and the runs', async (_, text, expected) => {
      await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '2000', TOKEN_PRICES: 'examples/operations/prices.json' } });
      const { errors } = await gateway.query(text);
      expect(errors).toEqual([]);
      expect(calls()).toEqual(expected);
    });

    it('claim nothing beyond the call budget, and get further when repeated', async () => {
      const first = await ask();
      expect(upstream.calls.length).toBe(200);
      expect(new Set(codesOf(first))).toEqual(new Set(['UPSTREAM_BUDGET_EXCEEDED']));
      expect(first.counts).toEqual({ runsExamined: 579, runsRequested: 600, runsNotLoaded: 441 });
      expect(first.nodes.filter(({ isNew, isResolved }) => isNew || isResolved)).toEqual([]);
      const numbers = [first.counts.runsNotLoaded];
      for (let time = 0; time < 4; time += 1) numbers.push((await ask()).counts.runsNotLoaded);
      expect(numbers).toEqual([441, 421, 221, 21, 0]);
      const { nodes } = await ask();
      expect(nodes.map(({ isNew }) => isNew)).toEqual(nodes.map((_, index) => index < 20));
    });
  });
});

it("names the runs of a comparison that can't be loaded", async () => {
  const history = createScriptedHistory(6, [{ ...wireWorkflow('wf'), organization_id: 'org-1' }]);
  const failed = { status: 'failed', error: 'boom' };
  const upstream = await startUpstream(async (call) => {
    // The steps of the baseline are outside of the caller's scope.
    if (call.endpoint === 'steps') {
      return { json: [wireStep(call.runId === 'run-6' ? failed : { organization_id: 'org-2' })] };
    }
    const { json, ...reply } = await history.script(call);
    const records = (json as readonly { readonly id: string }[]).map((each) =>
      each.id === 'run-6' ? { ...each, ...failed } : each,
    );
    return { ...reply, json: records };
  });
  const identity = { upstreamKey: 'key', workflowIds: 'all', organizationId: 'org-1' } as const;
  const gateway = await startGateway({ upstream, authenticate: () => identity });
  const { errors } = await gateway.query(`{
    run(workflowId: "wf", id: "run-6") { baseline { comparison { tokenDelta } } }
    compareRuns(workflowId: "wf", baseId: "run-5", headId: "run-6") { tokenDelta }
  }`);
  await gateway.close();
  await upstream.close();
  expect(errors.map(({ message, path = [] }) => [path.at(-1), message])).toEqual([
    ['compareRuns', 'baseId: Not found upstream.'],
    ['comparison', 'baseline run run-5: Not found upstream.'],
  ]);
});
