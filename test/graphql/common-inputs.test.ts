/** What failing runs have in common, shifts, and lists filtered by inputs: the incident of the sample. */
import { describe, expect, it } from '@jest/globals';
import { SAMPLE, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { wireRun, wireWorkflow } from '../harness/wire.ts';
import type { Script } from '../harness/upstream.ts';

describe('the incident of the sample', () => {
  const gateway = perBlock(new TestGateway({ upstream: SAMPLE, isShowcase: true }));
  async function ask(query: string): Promise<unknown> {
    const { data, errors } = await gateway.query(query, { key: 'demo-key' });
    expect(errors).toEqual([]);
    return data;
  }

  it('has an input in common, which filters the list of runs', async () => {
    const found = await ask(`{ workflow(id: "support-triage") {
      failureGroups(last: 60) { nodes { count state commonInputs {
        nodes { text path test value failedCount completedCount failedWithout { id } completedWith { status } }
        failedRuns completedRuns
      } } }
      failed: runs(first: 100, filter: { status: [FAILED], inputs: [{ path: "language", value: "de" }] }) { nodes { inputs(path: "language") } }
      completed: runs(first: 100, filter: { status: [COMPLETED], inputs: [{ path: "language", value: "de" }] }) { nodes { id } }
    } }`);
    expect(found).toMatchObject({
      workflow: {
        failureGroups: {
          nodes: expect.arrayContaining([
            {
              count: 8,
              state: 'NEW',
              commonInputs: {
                nodes: [
                  {
                    text: '`inputs.language` is `de` in 8 of 8 failed runs and in 1 of 14 completed runs',
                    ...{ path: 'language', test: 'EQUALS', value: 'de', failedCount: 8, completedCount: 1 },
                    ...{ failedWithout: null, completedWith: { status: 'COMPLETED' } },
                  },
                ],
                ...{ failedRuns: 8, completedRuns: 14 },
              },
            },
          ]) as unknown,
        },
        failed: { nodes: Array.from({ length: 8 }, () => ({ inputs: 'de' })) },
        completed: { nodes: [{}] },
      },
    });
  });

  it('has that input in its diagnosis', async () => {
    const found = (await ask(`{ workflow(id: "support-triage") {
      runs(first: 1, filter: { status: [FAILED] }) { nodes { diagnosis { markdown } } }
    } }`)) as { workflow: { runs: { nodes: readonly [{ diagnosis: { markdown: string } }] } } };
    expect(found.workflow.runs.nodes[0].diagnosis.markdown).toContain(
      'The failed runs have in common (not necessarily the cause):\n\n```text\n`inputs.language` is `de` in 8 of 8',
    );
  });

  it('has a slower node since a change of its prompt', async () => {
    const found = await ask(`{ workflow(id: "document-ingest") { shifts {
      nodes { metric run { startedAt } since before after nodes { nodeId before after } suspectedChanges { kind nodeId } }
      runsExamined
    } } }`);
    expect(found).toMatchObject({
      workflow: {
        shifts: {
          nodes: expect.arrayContaining([
            expect.objectContaining({
              metric: 'DURATION',
              nodes: expect.arrayContaining([expect.objectContaining({ nodeId: 'extract_entities' })]) as unknown,
              suspectedChanges: [{ kind: 'PROMPT', nodeId: 'extract_entities' }],
            }),
          ]) as unknown,
        },
      },
    });
  });
});

describe('filters and common inputs', () => {
  /** Twelve runs that fail in `eu`, forty that don't; run 0 is the newest. */
  const isFailed = (number: number) => number % 4 === 1 && number < 48;
  const script: Script = ({ endpoint, runId, url }) => {
    if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
    if (endpoint === 'steps') return { json: [] };
    const recordOf = (number: number) => {
      const start = Date.UTC(2026, 0, 2) - number * 60_000;
      return wireRun(`run-${number}`, {
        status: isFailed(number) ? 'failed' : 'completed',
        error: isFailed(number) ? 'no' : null,
        start_time: new Date(start).toISOString(),
        end_time: new Date(start + 1000 * (number + 1)).toISOString(),
        inputs: { customer: { region: isFailed(number) ? 'eu' : 'us', 'odd name': number }, items: [{ sku: number }] },
      });
    };
    if (endpoint === 'run') return { json: [recordOf(Number(runId.slice(4)))] };
    const [limit = 0, offset = 0] = ['limit', 'offset'].map((name) => Number(url.searchParams.get(name)));
    const numbers = Array.from({ length: 52 }, (_, number) => number).slice(offset, offset + limit);
    return { json: numbers.map(recordOf) };
  };
  const gateway = perBlock(new TestGateway({ script }));
  const { upstream } = gateway;

  it('need no calls beyond the records and the failed runs', async () => {
    const { data, errors } = await gateway.query(
      '{ workflow(id: "wf") { failureGroups(orderBy: COUNT) { nodes { commonInputs { nodes { path value } failedRuns } } } } }',
    );
    expect(errors).toEqual([]);
    const nodes = [{ commonInputs: { nodes: [{ path: 'customer.region', value: 'eu' }], failedRuns: 12 } }];
    expect(data).toEqual({ workflow: { failureGroups: { nodes } } });
    expect(['workflows', 'runs', 'run', 'steps'].map((endpoint) => upstream.count(endpoint as 'runs'))).toEqual([
      0, 1, 0, 12,
    ]);
  });

  async function listed(filter: string) {
    const { data, errors } = await gateway.query(
      `{ workflow(id: "wf") { runs(first: 100, filter: { ${filter} }) { nodes { id } } } recentRuns(first: 100, filter: { ${filter} }) { nodes { id } } }`,
    );
    if (errors[0]) return errors[0].message;
    const { workflow, recentRuns } = data as unknown as Record<string, { runs?: Listed } & Listed>;
    const ids = (list?: Listed) => list?.nodes.map(({ id }) => Number(id.slice(4)));
    expect(ids(recentRuns)).toEqual(ids(workflow?.runs));
    return ids(recentRuns);
  }
  interface Listed {
    readonly nodes: readonly { readonly id: string }[];
  }

  it.each<[string, unknown]>([
    ['inputs: [{ path: "customer.region", value: "eu" }], status: [COMPLETED]', []],
    ['inputs: [{ path: "customer.\\"odd name\\"", test: BELOW, value: 2 }]', [0, 1]],
    ['inputs: [{ path: "items[0].sku", test: AT_LEAST, value: 50 }]', [50, 51]],
    ['inputs: [{ path: "items", test: LENGTH_AT_LEAST, value: 1 }, { path: "items[-1].sku", value: 7 }]', [7]],
    ['inputs: [{ path: "items[1]", test: PRESENT }]', []],
    ['inputs: [{ path: "nothing", test: MISSING }, { path: "items[0].sku", value: 3 }]', [3]],
    ['inputs: [{ path: "items[0].sku", value: "3" }]', []],
    ['minWallClockMs: 51000', [50, 51]],
    ['search: "us", inputs: [{ path: "items[0].sku", value: 4 }]', [4]],
  ])('filter a list by %s', async (filter, expected) => {
    expect(await listed(filter)).toEqual(expected);
  });

  it.each([
    ['inputs: [{ path: "a[*].b", value: 1 }]', 'filter.inputs[0].path must have dotted names and indexes'],
    [
      'inputs: [{ path: "a", value: [1] }]',
      'filter.inputs[0].value must be a string, number or boolean for EQUALS, got a list.',
    ],
    ['inputs: [{ path: "a" }]', 'filter.inputs[0].value must be a string, number or boolean for EQUALS, got none.'],
    [
      'inputs: [{ path: "a", test: AT_LEAST, value: "1" }]',
      'filter.inputs[0].value must be a number for AT_LEAST, got a string.',
    ],
    [
      'inputs: [{ path: "a", test: PRESENT, value: 1 }]',
      'filter.inputs[0].value must be no value for PRESENT, got a number.',
    ],
    [`inputs: [${'{ path: "a", value: 1 } '.repeat(11)}]`, 'filter.inputs must have at most 10 conditions, got 11.'],
  ])('reject %s', async (filter, message) => {
    expect(await listed(filter)).toContain(message);
  });
});
