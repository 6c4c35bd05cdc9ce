import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const TIMES = ['first', 'second', 'third', 'fourth'];

/** Parsed, then kept, then compiled: an operation answers with the variables of its request every time. */
describe('a variable inside of a literal', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'execute') return { json: { run_id: 'new' } };
      if (endpoint === 'run') return { json: [wireRun(runId)] };
      const slow = wireStep({ id: 'slow', end_time: '2025-03-13T02:41:30Z' });
      return { json: [wireStep({ id: 'fast' }), slow] };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('of inputs starts the run that was asked for', async () => {
    const query = `mutation Start($p: JSON, $n: JSON = 7) {
      executeWorkflow(workflowId: "wf", inputs: { prompt: $p, deep: { list: [$p, $n] } }) { run { id } }
    }`;
    for (const p of TIMES) {
      const { data, errors } = await gateway.query(query, { variables: { p } });
      expect({ data, errors }).toEqual({ data: { executeWorkflow: { run: { id: 'new' } } }, errors: [] });
    }
    const bodies = upstream.calls
      .filter(({ endpoint }) => endpoint === 'execute')
      .map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual(TIMES.map((p) => ({ prompt: p, deep: { list: [p, 7] } })));
  });

  it.each([
    ['left out', {}, ['fast', 'slow']],
    ['given', { d: 'DESC' }, ['slow', 'fast']],
  ])('of an order takes its default or its value, %s', async (_, variables, order) => {
    const query = `query ($d: OrderDirection = ASC, $e: OrderDirection! = ASC) { run(workflowId: "wf", id: "r1") {
      steps(orderBy: { field: DURATION, direction: $d }) { id }
      again: steps(orderBy: { field: DURATION, direction: $e }) { id }
    } }`;
    const withoutDefault = `query ($d: OrderDirection) { run(workflowId: "wf", id: "r1") {
      steps(orderBy: { field: DURATION, direction: $d }) { id }
    } }`;
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(query, { variables });
      const again = ['fast', 'slow'].map((id) => ({ id }));
      expect({ time, data, errors }).toEqual({
        time,
        data: { run: { steps: order.map((id) => ({ id })), again } },
        errors: [],
      });
      const bare = await gateway.query(withoutDefault, { variables });
      expect({ time, data: bare.data, errors: bare.errors }).toEqual({
        time,
        data: { run: { steps: order.map((id) => ({ id })) } },
        errors: [],
      });
    }
  });

  it('of a representation names the entity', async () => {
    const query = `query ($i: ID!, $w: ID = "wf") {
      _entities(representations: [{ __typename: "Run", workflowId: $w, id: $i }, { __typename: "Run", workflowId: "wf", id: "fixed" }]) {
        ... on Run { id workflowId }
      }
    }`;
    for (const i of TIMES) {
      const { data, errors } = await gateway.query(query, { variables: { i } });
      expect({ data, errors }).toEqual({
        data: { _entities: [i, 'fixed'].map((id) => ({ id, workflowId: 'wf' })) },
        errors: [],
      });
    }
  });

  it('counts for the cost, wherever it stands', async () => {
    await gateway.close();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_COST: '3' });
    const query = `query ($v0: _Any!, $v1: _Any!, $ids: [ID!]!, $first: ID!) {
      _entities(representations: [$v0, $v1]) { ... on Run { status } }
      workflow(id: "wf") { runsById(ids: $ids) { status } one: runsById(ids: [$first]) { status } }
    }`;
    const representation = (id: string) => ({ __typename: 'Run', workflowId: 'wf', id });
    const variables = { v0: representation('r1'), v1: representation('r2'), ids: [], first: 'r3' };
    for (const time of TIMES) {
      const { errors } = await gateway.query(query, { variables });
      expect({ time, errors }).toEqual({ time, errors: [] });
      const refused = await gateway.query(query, { variables: { ...variables, ids: ['r4'] } });
      expect(refused.errors).toMatchObject([{ extensions: { limit: 'cost', maximum: 3, found: 4 } }]);
    }
    expect(upstream.calls.map(({ runId }) => runId)).not.toContain('r4');
  });
});
