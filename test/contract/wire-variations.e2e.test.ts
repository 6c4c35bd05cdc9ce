/** Each row of the table in docs/upstream-deviations.md, over real HTTP through the whole gateway. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { deviationsDuring } from './deviations.ts';
import { type GraphqlAnswer, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import type { Endpoint } from '../harness/upstream.ts';
import { bodyOf, type Wire, wireWorkflow } from '../harness/wire.ts';
import { OF_BODIES, OF_OTHER_CALLS } from './variations/of-other-calls.ts';
import { OF_STEPS } from './variations/of-steps.ts';
import { ROWS } from './variations/table.ts';
import { graph, TIDY, type Example } from './variations/variation.ts';

const GRAPH = wireWorkflow('wf').graph as Wire;
const EXAMPLES = { ...OF_STEPS, ...OF_OTHER_CALLS, ...OF_BODIES };

describe('an upstream that deviates from the contract', () => {
  beforeAll(() => {
    // The shortest delays between attempts.
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });
  const log = captureLog('warn');
  const limits = { UPSTREAM_MAX_RESPONSE_BYTES: '8388608', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000' };
  const gateway = perBlock(new TestGateway({ env: limits, logger: log.logger }));
  const { upstream } = gateway;
  let keys = 0;

  /** Each query has its own key, so nothing is cached. */
  function ask({ replies, query }: Pick<Example, 'replies' | 'query'>): Promise<GraphqlAnswer> {
    const counts = new Map<Endpoint, number>();
    upstream.script = ({ endpoint }) => {
      const count = counts.get(endpoint) ?? 0;
      counts.set(endpoint, count + 1);
      const ofCall = replies[endpoint];
      const reply = ofCall?.[Math.min(count, ofCall.length - 1)] ?? TIDY[endpoint] ?? { status: 404 };
      return reply.json === undefined ? reply : { ...reply, raw: bodyOf(reply.json) };
    };
    return gateway.query(query, { key: `key-${(keys += 1)}` });
  }

  it('has exactly one example for each row of the docs', () => {
    expect(Object.keys(EXAMPLES)).toEqual(ROWS.map(({ variation }) => variation));
  });

  it.each(ROWS)('is read and counted as the docs say: $variation', async ({ variation, counted }) => {
    for (const example of EXAMPLES[variation] ?? []) {
      const { error, counts = {} } = example;
      const deviations = await deviationsDuring(gateway.url, async () => {
        const { data, errors } = await ask(example);
        const said = errors.map(({ extensions, message }) => [extensions.code, message]);
        expect(said).toEqual(error ? [[error[0], expect.stringContaining(error[1])]] : []);
        if ('data' in example) expect(data).toEqual(example.data);
      });
      const expected = counted.map((name) => [name, counts[name.split(' ')[0] ?? ''] ?? 1] as const);
      expect(deviations).toEqual(Object.fromEntries(expected.filter(([, count]) => count > 0)));
    }
  });

  it('logs a deviation once a minute per field, without values', () => {
    const logged = log.lines.filter(({ msg }) => msg === 'the upstream deviates from its contract');
    const fields = ROWS.flatMap(({ counted }) => counted.map((name) => name.split(' ')[0]));
    // All examples ran within a minute, so each field has one line.
    expect(logged.map(({ field }) => field).sort()).toEqual([...new Set(fields)].sort());
    expect(logged.find(({ field }) => field === 'steps[].node_id')).toMatchObject({
      ...{ outcome: 'read', expected: 'string', got: 'number', count: 1, requestId: expect.any(String) },
    });
    expect(log.text).not.toMatch(/4711471147114711|archived|yesterday|org-1/);
  });

  const BOTH = [...(GRAPH.edges as string[][]), ['START', 'send'], ['model_1', 'END']];
  it.each([
    [{ entry_point: 'a', finish_point: 'b' }, 'a', 'b'],
    [{ entry_point: 'START', finish_point: 'END' }, 'model_1', 'send'],
    [{ entry_point: null, finish_point: '' }, 'model_1', 'send'],
    [{ entry_point: null, finish_point: null, edges: [] }, null, null],
    [{ entry_point: null, finish_point: null, edges: BOTH }, null, null],
  ])('reads entry and finish, or infers the only possible ones: %j', async (...row) => {
    const [fields, entry, finish] = row;
    const { data, errors } = await ask(graph(fields, {}));
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ workflows: { nodes: [{ id: 'wf', graph: { entry, finish } }, { id: 'other' }] } });
  });

  it('counts no deviation for a conforming response', async () => {
    const queries = new Set(Object.values(EXAMPLES).flatMap((examples) => examples.map(({ query }) => query)));
    const deviations = await deviationsDuring(gateway.url, async () => {
      for (const query of queries) await ask({ replies: {}, query });
    });
    expect(deviations).toEqual({});
  });
});
