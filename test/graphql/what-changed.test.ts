import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { codesOf, ofWorkflow, placesOf, repeat, TIMES } from '../harness/operations.ts';
import { serverRealm } from '../harness/server-realm.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const NODES = 'nodes { at kind nodeId before after run { id status } previousRun { id } }';
const ALL = ofWorkflow(`changePoints(last: 10) { ${NODES} runsExamined runsRequested runsNotLoaded }`);

interface Points {
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly runsExamined: number;
  readonly runsRequested: number;
  readonly runsNotLoaded: number;
}

const countsOf = (runsRequested: number, runsExamined: number, runsNotLoaded = 0) => ({
  ...{ runsRequested, runsExamined, runsNotLoaded },
});
const minute = (number: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + number * 60_000).toISOString();
const asked = (system: string, user: string, more: Wire = {}): Wire => ({
  model: 'gpt-4.1-mini',
  messages: [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ],
  temperature: 0.2,
  input_data: { question: user },
  ...more,
});

describe('Workflow.changePoints', () => {
  /** Steps by run, oldest first: a run a minute. */
  let runs: Record<string, readonly Wire[] | number>;
  let workflows: readonly Wire[] | number;
  const gateway = perTest(
    new TestGateway({
      script: ({ endpoint, runId, url }) => {
        const answer = (value: readonly Wire[] | number | undefined) =>
          typeof value === 'object' ? { json: value } : { status: value ?? 404, json: {} };
        const records = Object.keys(runs).map((id, index) =>
          wireRun(id, { start_time: minute(index), end_time: minute(index + 0.5) }),
        );
        if (endpoint === 'workflows') return answer(workflows);
        if (endpoint === 'steps') return answer(runs[runId]);
        const offset = Number(url.searchParams.get('offset'));
        return { json: records.toReversed().slice(offset, offset + Number(url.searchParams.get('limit'))) };
      },
      clock: createManualClock(),
    }),
  );
  const { upstream } = gateway;

  const model = (inputs: Wire, more: Wire = {}) => wireStep({ id: 's1', node_id: 'model_1', inputs, ...more });

  beforeEach(() => {
    workflows = [wireWorkflow('wf')];
    runs = {
      r1: [model(asked('Be brief.', 'a')), wireStep({ id: 's2', node_id: 'old', inputs: null })],
      r2: [model(asked('Be brief.', 'b')), wireStep({ id: 's2', node_id: 'send', inputs: null })],
      // Skipped: nothing was asked. Failed, and retried with other values: the retry counts.
      r3: [model(asked('Another.', 'c'), { status: 'skipped' })],
      r4: [
        model(asked('Not this.', 'd'), {
          attempt: 1,
          status: 'failed',
          outputs: null,
          end_time: '2025-03-13T02:41:16Z',
        }),
        model(asked('Be kind.', 'd'), { attempt: 2, id: 's2', start_time: '2025-03-13T02:41:20Z' }),
      ],
      r5: [model(asked('Be kind.', 'e', { temperature: 0.7 }), { status: 'failed', outputs: null })],
    };
  });

  async function ask(query = ALL) {
    const answer = await gateway.query(query);
    const { nodes, ...counts } = (answer.data as unknown as { workflow: { changePoints: Points } }).workflow
      .changePoints;
    return { ...answer, changePoints: nodes, counts };
  }

  it('finds changes between successive runs, the same each time', async () => {
    workflows = [wireWorkflow('wf', { version: 1.3, updated_at: minute(1.5) })];
    for (const time of TIMES) {
      const { changePoints, counts, errors } = await ask();
      expect({ time, errors, counts }).toEqual({ time, errors: [], counts: countsOf(5, 5) });
      const run = (id: string) => ({ id, status: 'COMPLETED' });
      expect(changePoints).toEqual([
        {
          ...{
            at: minute(4),
            kind: 'PARAMETERS',
            nodeId: 'model_1',
            before: 'temperature: 0.2',
            after: 'temperature: 0.7',
          },
          ...{ run: run('r5'), previousRun: { id: 'r4' } },
        },
        {
          ...{ at: minute(3), kind: 'PROMPT', nodeId: 'model_1', before: 'Be brief.', after: 'Be kind.' },
          ...{ run: run('r4'), previousRun: { id: 'r2' } },
        },
        {
          ...{ at: minute(2), kind: 'GRAPH', nodeId: null, before: 'nodes old', after: 'version 1.3' },
          ...{ run: run('r3'), previousRun: { id: 'r2' } },
        },
      ]);
    }
  });

  it('makes one call per uncached run, whichever fields are selected', async () => {
    await ask();
    const calls = () => [upstream.count('workflows'), upstream.count('runs'), upstream.count('steps')];
    expect(calls()).toEqual([1, 1, 5]);
    // Final runs are never fetched again.
    const { changePoints } = await ask(
      ofWorkflow('changePoints(last: 7) { nodes { run { totalElapsedTime progress { total } } } }'),
    );
    expect(changePoints).toHaveLength(2);
    expect(calls()).toEqual([1, 2, 5]);
    expect(upstream.calls).toHaveLength(8);
  });

  it('loads the newest runs within the call budget, and counts them', async () => {
    await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '4' } });
    const { changePoints, counts, errors } = await ask();
    expect(errors).toEqual([]);
    expect(counts).toEqual(countsOf(5, 2, 3));
    expect(changePoints).toMatchObject([{ run: { id: 'r5' }, previousRun: { id: 'r4' } }]);
    // Cached runs cost nothing, so a second operation goes on with older ones.
    expect((await ask()).counts).toEqual(countsOf(5, 5));
    const steps = upstream.calls.flatMap(({ endpoint, runId }) => (endpoint === 'steps' ? [runId] : []));
    expect([steps.slice(0, 2).sort(), steps.slice(2).sort()]).toEqual([
      ['r4', 'r5'],
      ['r1', 'r2', 'r3'],
    ]);
  });

  const windows = (fields: string) =>
    ofWorkflow(repeat(9, (at) => `a${at}: changePoints(last: ${at + 2}) { ${fields} }`));

  it('reads the model calls of a run once for all windows', async () => {
    const expected = (await ask()).changePoints.map(({ kind }) => ({ kind }));
    const parse = jest.spyOn(serverRealm.JSON, 'parse');
    try {
      const { data, errors } = await gateway.query(windows('nodes { kind }'));
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ workflow: { a0: { nodes: [{ kind: 'PARAMETERS' }] }, a3: { nodes: expected } } });
      expect(parse.mock.calls.filter(([json]) => json.includes('"Be brief."'))).toHaveLength(2);
    } finally {
      parse.mockRestore();
    }
  });

  it('counts what it compares as objects', async () => {
    const prompt = (run: number) => Array.from({ length: 400 }, (_, sentence) => `Rule ${run}.${sentence}`).join('\n');
    runs = Object.fromEntries([1, 2, 3, 4, 5].map((run) => [`r${run}`, [model(asked(prompt(run), 'a'))]]));
    await gateway.restart({ env: { MAX_OPERATION_OBJECTS: '150' } });
    const { errors, counts } = await ask();
    expect([errors, counts]).toEqual([[], countsOf(5, 5)]);
    const ofWindows = await gateway.query(windows('runsExamined'));
    expect(new Set(codesOf(ofWindows))).toEqual(new Set(['ANSWER_TOO_LARGE']));
    expect(ofWindows.data).toMatchObject({ workflow: { a0: { runsExamined: 2 } } });
  });

  it('counts a run whose steps fail, and compares the others', async () => {
    runs.r4 = 500;
    const { changePoints, counts, ...answer } = await ask();
    expect(placesOf(answer)).toEqual(['workflow.changePoints: UPSTREAM_UNAVAILABLE']);
    expect(changePoints).toMatchObject([
      { kind: 'PROMPT', run: { id: 'r5' }, previousRun: { id: 'r2' } },
      { kind: 'PARAMETERS', run: { id: 'r5' }, previousRun: { id: 'r2' } },
    ]);
    expect(counts).toEqual(countsOf(5, 4, 1));
  });

  it('excludes runs with deleted steps, and graphs without workflow list', async () => {
    runs.r4 = 404;
    workflows = 500;
    const { changePoints, counts, errors } = await ask();
    expect(errors).toEqual([]);
    expect(changePoints).toMatchObject([{ kind: 'PROMPT' }, { kind: 'PARAMETERS' }]);
    expect(counts).toEqual(countsOf(5, 4));
  });
});
