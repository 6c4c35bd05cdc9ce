import { afterEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const ODD = ['urn:wf:1', 'a b', 'a/b?c#d', '%2e%2e', 'größe 日🐎', "o'hara(1)!*", 'x'.repeat(512)];

const RUN = `query Run($wf: ID!, $id: ID!) {
  run(workflowId: $wf, id: $id) { id workflowId status workflow { name } steps { id runId workflowId } }
}`;

describe('an unusual id', () => {
  let upstream: FaultyUpstream | undefined;
  let gateway: TestGateway;

  afterEach(async () => {
    await gateway.close();
    await upstream?.close();
    upstream = undefined;
  });

  async function start(): Promise<FaultyUpstream> {
    upstream = await startFaultyUpstream(({ endpoint, workflowId, runId }) => {
      if (endpoint === 'workflows') return { json: ODD.map((id) => wireWorkflow(id)) };
      if (endpoint === 'runs') return { json: ODD.map((id) => wireRun(id)) };
      if (endpoint === 'execute') return { json: { run_id: `${workflowId} started` } };
      if (endpoint === 'run') return { json: [wireRun(runId)] };
      return endpoint === 'steps' ? { json: [wireStep({ id: `${workflowId}|${runId}` })] } : { status: 500 };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    return upstream;
  }

  const expectedOf = (wf: string, id: string) => ({
    run: {
      id,
      workflowId: wf,
      status: 'COMPLETED',
      workflow: { name: `Workflow ${wf}` },
      steps: [{ id: `${wf}|${id}`, runId: id, workflowId: wf }],
    },
  });

  it.each(ODD)('reaches the upstream as it is: %s', async (odd) => {
    await start();
    for (const [wf, id] of [
      [odd, 'r'],
      ['urn:wf:1', odd],
    ] as const) {
      // Uncached, from the run store, and from the response cache.
      for (let turn = 0; turn < 3; turn += 1) {
        const { data, errors } = await gateway.query(RUN, { variables: { wf, id } });
        expect(errors).toEqual([]);
        expect(data).toEqual(expectedOf(wf, id));
      }
    }
  });

  it('is one of the list and of the history like any other, and can be executed', async () => {
    await start();
    const { data, errors } = await gateway.query(
      '{ workflows(first: 20) { nodes { id name runs(first: 20) { nodes { id status } } } } }',
    );
    expect(errors).toEqual([]);
    const runs = { nodes: ODD.map((id) => ({ id, status: 'COMPLETED' })) };
    const nodes = ODD.toSorted().map((id) => ({ id, name: `Workflow ${id}`, runs }));
    expect((data as { workflows: { nodes: { id: string }[] } }).workflows.nodes).toEqual(expect.arrayContaining(nodes));
    const started = await gateway.query(
      'mutation Start($wf: ID!) { executeWorkflow(workflowId: $wf) { run { id steps { id } } } }',
      { variables: { wf: 'a/b?c#d' } },
    );
    expect(started.data).toEqual({
      executeWorkflow: { run: { id: 'a/b?c#d started', steps: [{ id: 'a/b?c#d|a/b?c#d started' }] } },
    });
  });

  it.each([['..'], ['../wf'], ['x'.repeat(513)], ['a\u0000b'], ['\ud800']])(
    'of the upstream that nothing can be asked of is like none, and no fault of the client: %j',
    async (bad) => {
      (await start()).script = ({ endpoint }) => {
        if (endpoint === 'workflows') return { json: [wireWorkflow(bad), wireWorkflow('wf')] };
        if (endpoint === 'runs') return { json: [wireRun(bad), wireRun('r')] };
        if (endpoint === 'execute') return { json: { run_id: bad } };
        return { json: endpoint === 'run' ? [wireRun(bad)] : [wireStep()] };
      };
      const { data, errors } = await gateway.query(
        `{ workflows { nodes { id runs { nodes { id stepCounts { total } } } statistics { nodes { nodeId } } run(id: "r") { id status } } } }`,
      );
      expect(errors).toEqual([]);
      const runs = { nodes: [{ id: 'r', stepCounts: { total: 1 } }] };
      const run = { id: 'r', status: 'COMPLETED' };
      expect(data).toMatchObject({ workflows: { nodes: [{ id: 'wf', runs, run }] } });
      const started = await gateway.query('mutation { executeWorkflow(workflowId: "wf") { run { id } } }');
      expect(started.errors).toMatchObject([
        { extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION', outcomeIsUnknown: true } },
      ]);
    },
  );

  it('never leads to what is cached of another run', async () => {
    await start();
    for (const [wf, id] of [
      ['a', 'b c'],
      ['a b', 'c'],
      ['a', 'b c'],
    ] as const) {
      const { data } = await gateway.query(RUN.replace('workflow { name }', ''), { variables: { wf, id } });
      expect(data).toMatchObject({ run: { workflowId: wf, id, steps: [{ id: `${wf}|${id}` }] } });
    }
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])('can be watched over %s', async (transport) => {
    await start();
    const client = await subscribe(
      transport,
      gateway.url,
      'subscription Watch($id: ID!) { runUpdated(workflowId: "a b", id: $id) { id steps { id } } }',
      { variables: { id: 'größe/日' } },
    );
    expect(await client.nextData()).toEqual({ runUpdated: { id: 'größe/日', steps: [{ id: 'a b|größe/日' }] } });
    client.leave();
  });

  it('is unknown to the embedded upstream, and leads to nothing else there', async () => {
    gateway = await startGateway();
    const variables = { wf: 'support-triage', id: 'run-4711' };
    expect((await gateway.query(RUN, { variables, key: 'demo-key' })).errors).toEqual([]);
    for (const odd of [...ODD, 'run-4711/steps', 'run-4711?']) {
      for (const pair of [
        { ...variables, wf: odd },
        { ...variables, id: odd },
      ]) {
        const { data, errors } = await gateway.query(
          'query ($wf: ID!, $id: ID!) { run(workflowId: $wf, id: $id) { id status } }',
          {
            variables: pair,
            key: 'demo-key',
          },
        );
        expect(data).toEqual({ run: null });
        expect(errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
      }
    }
  });
});
