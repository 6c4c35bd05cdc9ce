/**
 * Ids of workflows and runs, in requests and in upstream answers. How a rejection is answered over HTTP:
 * test/http/bad-input.test.ts.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyCharacter } from '../harness/any-character.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { subscribe } from '../harness/live-client.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const ODD = ['urn:wf:1', 'a b', 'a/b?c#d', '%2e%2e', 'größe 日🐎', "o'hara(1)!*", 'x'.repeat(512)];

const RUN = `query Run($wf: ID!, $id: ID!) {
  run(workflowId: $wf, id: $id) { id workflowId status workflow { name } steps { id runId workflowId } }
}`;

describe('an unusual id', () => {
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, workflowId, runId }) => {
        if (endpoint === 'workflows') return { json: ODD.map((id) => wireWorkflow(id)) };
        if (endpoint === 'runs') return { json: ODD.map((id) => wireRun(id)) };
        if (endpoint === 'execute') return { json: { run_id: `${workflowId} started` } };
        if (endpoint === 'run') return { json: [wireRun(runId)] };
        return endpoint === 'steps' ? { json: [wireStep({ id: `${workflowId}|${runId}` })] } : { status: 500 };
      },
    }),
  );
  const { upstream } = gateway;

  it.each(ODD)('reaches the upstream unchanged: %s', async (odd) => {
    for (const [wf, id] of [
      [odd, 'r'],
      ['urn:wf:1', odd],
    ] as const) {
      const steps = [{ id: `${wf}|${id}`, runId: id, workflowId: wf }];
      // Uncached, from the run store, and from the response cache.
      for (let turn = 0; turn < 3; turn += 1) {
        const { data, errors } = await gateway.query(RUN, { variables: { wf, id } });
        expect(errors).toEqual([]);
        expect(data).toEqual({
          run: { id, workflowId: wf, status: 'COMPLETED', workflow: { name: `Workflow ${wf}` }, steps },
        });
      }
    }
  });

  it('works in lists, histories, starts and subscriptions', async () => {
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
    const watch = 'subscription Watch($id: ID!) { runUpdated(workflowId: "a b", id: $id) { run { id steps { id } } } }';
    const client = await subscribe('graphql-sse', gateway.url, watch, { variables: { id: 'größe/日' } });
    expect(await client.nextData()).toEqual({
      runUpdated: { run: { id: 'größe/日', steps: [{ id: 'a b|größe/日' }] } },
    });
    client.leave();
  });

  it.each([['..'], ['../wf'], ['x'.repeat(513)], ['a\u0000b'], ['\ud800']])(
    "is left out of lists if it can't be in paths: %j",
    async (bad) => {
      upstream.script = ({ endpoint }) => {
        if (endpoint === 'workflows') return { json: [wireWorkflow(bad), wireWorkflow('wf')] };
        if (endpoint === 'runs') return { json: [wireRun(bad), wireRun('r')] };
        if (endpoint === 'execute') return { json: { run_id: bad } };
        return { json: endpoint === 'run' ? [wireRun(bad)] : [wireStep()] };
      };
      const key = `key-of-${bad.length}`;
      const { data, errors } = await gateway.query(
        `{ workflows { nodes { id runs { nodes { id stepCounts { total } } } statistics { nodes { nodeId } } run(id: "r") { id status } } } }`,
        { key },
      );
      expect(errors).toEqual([]);
      const runs = { nodes: [{ id: 'r', stepCounts: { total: 1 } }] };
      const run = { id: 'r', status: 'COMPLETED' };
      expect(data).toMatchObject({ workflows: { nodes: [{ id: 'wf', runs, run }] } });
      const start = 'mutation { executeWorkflow(workflowId: "wf") { run { id } } }';
      expect((await gateway.query(start, { key })).errors).toMatchObject([
        { extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION', outcomeIsUnknown: true } },
      ]);
    },
  );
});

describe('any string as an id', () => {
  const upstream = perBlock(
    new ScriptedUpstream(({ workflowId, runId }) => ({ json: [wireStep({ id: `${workflowId}|${runId}` })] })),
  );
  const gateway = perBlock(
    new TestGateway(() => ({ upstream: { url: `${upstream.url}/a%20b/` }, env: { UPSTREAM_ENDPOINTS: 'steps' } })),
  );

  /** The documented rule for ids, independent of the code. */
  const isId = (id: string): boolean =>
    id !== '' &&
    !id.split(/[/\\]/).some((segment) => segment === '.' || segment === '..') &&
    new TextEncoder().encode(id).length <= 512 &&
    !Array.from(id).some((character) => {
      const code = character.codePointAt(0) ?? 0;
      return code < 32 || (code >= 127 && code < 160) || (code >= 0xd800 && code < 0xe000);
    });

  /** The ids are sent as two segments of the path, or nothing is sent. */
  async function check(workflowId: string, runId: string): Promise<void> {
    const before = upstream.calls.length;
    const query = 'query ($wf: ID!, $id: ID!) { run(workflowId: $wf, id: $id) { steps { id } } }';
    const { errors } = await gateway.query(query, { variables: { wf: workflowId, id: runId } });
    const paths = upstream.calls.slice(before).map(({ url }) => url.pathname);
    if (isId(workflowId) && isId(runId)) {
      // The run may be cached from an earlier check.
      if (paths.length === 0) return;
      expect(errors).toEqual([]);
      expect(paths.map((path) => path.split('/').map(decodeURIComponent))).toEqual([
        ['', 'a b', 'workflows', workflowId, 'runs', runId, 'steps'],
      ]);
    } else {
      expect(paths).toEqual([]);
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(errors[0]?.message).toMatch(/^(?:workflow|run) id must be a string of 1 to 512 bytes .*, got ./);
      expect(errors[0]?.message).not.toMatch(/\p{Cc}/u);
      expect(errors[0]?.message.length).toBeLessThan(300);
    }
  }

  it('becomes one path segment, or is rejected without a call', async () => {
    const anyId = fc.oneof(
      fc.string({ unit: fc.constantFrom(...Array.from('aZ09._~-:@ /%+=äß日🐎')), minLength: 1, maxLength: 130 }),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '%2e', '%2F', 'a', '?', '#', ';'), maxLength: 8 }),
      fc.string({ unit: anyCharacter }),
    );
    await fc.assert(
      fc.asyncProperty(anyId, anyId, (id, other) => check(id, other)),
      { numRuns: 80 },
    );
  });

  it('is checked at the bounds: dots, line breaks, 512 and 513 bytes', async () => {
    for (const id of [
      ...['', '.', '..', '...', ' ', './', '/..', 'a/../b', 'a\\.\\b', 'a/.../b', 'a..b/.c', 'run-1\n', 'run-1\r'],
      ...['x'.repeat(512), 'x'.repeat(513), `${'x'.repeat(510)}ä`, `${'x'.repeat(511)}ä`],
    ]) {
      await check(id, 'r');
      await check('wf', id);
    }
  });

  it('is not confused with another that concatenates equally', async () => {
    await gateway.restart({ upstream });
    for (const [wf, id] of [
      ['a', 'b c'],
      ['a b', 'c'],
      ['a', 'b c'],
    ] as const) {
      const { data } = await gateway.query(`{ run(workflowId: "${wf}", id: "${id}") { workflowId id steps { id } } }`);
      expect(data).toEqual({ run: { workflowId: wf, id, steps: [{ id: `${wf}|${id}` }] } });
    }
  });
});
