import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { codesOf } from '../harness/operations.ts';
import { type Script, startUpstream } from '../harness/upstream.ts';
import { wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory, createScriptedWorkflows } from '../harness/workflows.ts';

interface Page {
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE = `nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const LISTS = {
  workflows: `query ($first: Int, $after: String) { list: workflows(first: $first, after: $after) { ${PAGE} } }`,
  runs: `query ($first: Int, $after: String) { workflow(id: "a") { list: runs(first: $first, after: $after) { ${PAGE} } } }`,
  recentRuns: `query ($first: Int, $after: String) { list: recentRuns(first: $first, after: $after) { ${PAGE} } }`,
};
type List = keyof typeof LISTS;
const NAMES = Object.keys(LISTS) as List[];

describe('pages', () => {
  // Unusual ids, and ids of the maximum length.
  const workflowIds = ['a', 'Ünïcödé 漢', '"\\/', 'é'.repeat(256)];
  const workflows = createScriptedWorkflows(workflowIds);
  const { now } = createManualClock();
  const gateway = perBlock(new TestGateway({ script: workflows.script, clock: { now } }));
  beforeAll(() => {
    for (let run = 0; run < 12; run += 1) {
      const tie = run % 5 === 4;
      workflows.start(workflowIds[run % 3 === 0 ? 0 : run % 4] ?? 'a', `run-${run}-${'é'.repeat(run * 10)}`, { tie });
    }
  });

  async function ask(list: List, first: number, after: string | null): Promise<Page> {
    const { data, errors } = await gateway.query(LISTS[list], { variables: { first, after } });
    expect(errors).toEqual([]);
    const found = data as unknown as { readonly workflow?: { readonly list: Page }; readonly list: Page };
    return (found.workflow ?? found).list;
  }
  const codesAfter = async (list: List, after: string) =>
    codesOf(await gateway.query(LISTS[list], { variables: { first: 1, after } }));

  it.each(NAMES)('continue from the ends and each cursor, with each item once: %s', async (list) => {
    const whole = (await ask(list, 100, null)).nodes.map(({ id }) => id);
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole.length).toBeGreaterThan(3);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 3 }), async (first, nth) => {
        const seen: string[] = [];
        let after: string | null = null;
        for (let hasNextPage = true; hasNextPage;) {
          const { nodes, edges, pageInfo }: Page = await ask(list, first, after);
          expect(pageInfo.hasPreviousPage).toBe(after !== null);
          expect(edges.map(({ node }) => node)).toEqual(nodes);
          expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
          seen.push(...nodes.map(({ id }) => id));
          ({ hasNextPage } = pageInfo);
          after = pageInfo.endCursor;
          // Continue from any cursor of the page.
          const edge = edges[nth % Math.max(1, edges.length)];
          if (!edge) continue;
          expect(edge.cursor).toMatch(/^[\w-]+$/);
          const rest = (await ask(list, 100, edge.cursor)).nodes.map(({ id }) => id);
          expect(rest).toEqual(whole.slice(whole.indexOf(edge.node.id) + 1));
        }
        expect(seen).toEqual(whole);
      }),
      { numRuns: 6, seed: 4711 },
    );
  });

  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  /** A cursor of recent runs with so many positions. */
  const recent = (count: number, offset = '1'): string =>
    `r${'_'.repeat(19)}${`${'a'.repeat(14)}${offset.padStart(6, '_')}${'_'.repeat(12)}`.repeat(count)}`;
  it.each(NAMES)('reject cursors of other lists and invalid cursors: %s', async (list) => {
    for (const other of NAMES.filter((name) => name !== list)) {
      const { pageInfo } = await ask(other, 1, null);
      expect(await codesAfter(list, pageInfo.endCursor ?? '')).toEqual(['BAD_USER_INPUT']);
    }
    for (const cursor of [
      ...[
        '',
        '?',
        'x'.repeat(100_000),
        encode(null),
        encode(['workflow', 7]),
        encode(['workflow']),
        encode(['run', 7, 0, 0]),
      ],
      ...[encode(['run', 'r1', -1, 0]), encode(['run', 'r1', 0.5, 0])],
      ...[recent(1).slice(0, -1), recent(101), recent(1, '-1'), recent(1, ''), recent(1, 'Z'), recent(1, '01')],
    ]) {
      expect(await codesAfter(list, cursor)).toEqual(['BAD_USER_INPUT']);
    }
  });

  it('start again after a removed workflow, and count all workflows', async () => {
    const { data } = await gateway.query(
      `{ workflows(first: 1, after: "${encode(['workflow', 'gone'])}") { totalCount nodes { id } pageInfo { hasPreviousPage hasNextPage } } }`,
    );
    const pageInfo = { hasPreviousPage: false, hasNextPage: true };
    expect(data).toEqual({ workflows: { totalCount: 4, nodes: [{ id: 'a' }], pageInfo } });
  });

  async function over<T>(script: Script, use: (other: TestGateway) => Promise<T>): Promise<T> {
    const source = await startUpstream(script);
    const other = await startGateway({ upstream: source });
    const result = await use(other);
    await other.close();
    await source.close();
    return result;
  }

  it('match workflows by id, name or description, ignoring case', async () => {
    const { script } = createScriptedHistory(0, [
      wireWorkflow('Order-1', { name: null, description: null }),
      wireWorkflow('b', { name: 'Reorder', description: null }),
      wireWorkflow('c', { name: null, description: 'by ORDER of' }),
      wireWorkflow('d', { name: 'other', description: 'one' }),
    ]);
    const found = await over(script, async (other) => {
      const ask4 = async (search: string) =>
        (await other.query(`{ workflows(search: ${search}) { totalCount nodes { id } } }`)).data;
      return [await ask4('"oRdEr"'), await ask4('null'), await ask4('""')];
    });
    expect(found).toMatchObject([
      { workflows: { totalCount: 3, nodes: [{ id: 'Order-1' }, { id: 'b' }, { id: 'c' }] } },
      { workflows: { totalCount: 4 } },
      { workflows: { totalCount: 4 } },
    ]);
  });

  it('may be empty, and need ids above 100 workflows', async () => {
    const query = `{ workflows { ${PAGE} } recentRuns { ${PAGE} } workflow(id: "a") { runs { ${PAGE} } } }`;
    const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
    const empty = { nodes: [], edges: [], pageInfo };
    expect(await over(createScriptedHistory(0).script, (other) => other.query(query))).toMatchObject({
      data: { workflows: empty, recentRuns: empty, workflow: { runs: empty } },
      errors: [],
    });
    const many = Array.from({ length: 101 }, (_, index) => wireWorkflow(`wf-${index}`));
    const answer = await over(createScriptedHistory(0, many).script, (other) =>
      other.query('{ recentRuns { nodes { id } } }'),
    );
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
  });
});
