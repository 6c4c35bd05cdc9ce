import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { followRun, LIVE_KEY, LIVE_RUN, RUN_KEY, type Sink } from '../../clients/test/live.ts';
import { VARIABLES } from '../../../test/harness/example-variables.ts';
import { SAMPLE, startGateway, type TestGateway } from '../../../test/harness/gateway.ts';
import { startIncidents, type Incident } from './incidents.ts';
import { proxyOf, startHiveGateway, supergraphOf, type HiveGateway } from './hive-gateway.ts';

const EXAMPLES = readdirSync(new URL('../../operations', import.meta.url))
  .filter((file) => file.endsWith('.graphql') && file !== 'run-it-again.graphql')
  .map((file) => [file, readFileSync(new URL(`../../operations/${file}`, import.meta.url), 'utf8')] as const);

const codesOf = ({ errors = [] }: Awaited<ReturnType<HiveGateway['query']>>) =>
  errors.map(({ extensions: { code } }) => code);

describe('Hive Gateway as a proxy', () => {
  let gateway: TestGateway;
  let hive: HiveGateway;
  before(async () => {
    gateway = await startGateway({ upstream: SAMPLE });
    hive = await startHiveGateway(proxyOf(`${gateway.url}/graphql`));
  });
  after(async () => {
    await hive.close();
    await gateway.close();
  });

  it('The router answers every example query as Stepgate does', async () => {
    for (const [file, query] of EXAMPLES) {
      const { data } = await gateway.query(query, { key: 'demo-key', variables: VARIABLES });
      const answer = await hive.query(query, { key: 'demo-key', variables: VARIABLES });
      // They are of two moments.
      const timeless = (value: unknown) => JSON.stringify(value).replaceAll(/"fetchedAt":"[^"]+"/g, '');
      assert.equal(timeless(answer.data), timeless(data), file);
    }
  });

  it('The router starts a run', async () => {
    const { data } = await hive.query(
      'mutation { executeWorkflow(workflowId: "support-triage") { run { workflowId } } }',
      {
        key: 'demo-key',
      },
    );
    assert.deepEqual(data, { executeWorkflow: { run: { workflowId: 'support-triage' } } });
  });

  it('The router passes on the key and the request id, and the code of an error', async () => {
    const query = '{ run(workflowId: "support-triage", id: "run-4711") { status } }';
    assert.deepEqual(codesOf(await hive.query(query)), ['UNAUTHENTICATED']);
    const { errors } = await hive.query(query, { key: 'other-key', requestId: 'request-1' });
    assert.partialDeepStrictEqual(errors, [
      { path: ['run'], extensions: { code: 'NOT_FOUND', requestId: 'request-1' } },
    ]);
  });
});

/** Each incident belongs to a run of the gateway under test, or to a missing run. */
const INCIDENTS: readonly Incident[] = [
  { id: '1', title: 'No reply', workflowId: 'support-triage', runId: 'run-4711' },
  { id: '2', title: 'A run that is gone', workflowId: 'support-triage', runId: 'run-gone' },
  { id: '3', title: 'Slow', workflowId: RUN_KEY.workflowId, runId: RUN_KEY.id },
];

describe('Hive Gateway with a supergraph', () => {
  let gateway: TestGateway;
  let incidents: Awaited<ReturnType<typeof startIncidents>>;
  let hive: HiveGateway;
  before(async () => {
    gateway = await startGateway({ upstream: SAMPLE });
    incidents = await startIncidents(INCIDENTS);
    hive = await startHiveGateway(supergraphOf(`${gateway.url}/graphql`, incidents.url));
  });
  after(async () => {
    await hive.close();
    await incidents.close();
    await gateway.close();
  });

  it('The router joins runs to incidents; only the missing run is null', async () => {
    const { data, errors } = await hive.query('{ incidents { nodes { title run { status totalElapsedTime } } } }', {
      key: 'demo-key',
    });
    const failed = { status: 'FAILED', totalElapsedTime: 7 };
    assert.deepEqual(data, {
      incidents: {
        nodes: [
          { title: 'No reply', run: failed },
          { title: 'A run that is gone', run: null },
          { title: 'Slow', run: null },
        ],
      },
    });
    assert.partialDeepStrictEqual(errors, [
      { extensions: { code: 'NOT_FOUND' } },
      { extensions: { code: 'NOT_FOUND' } },
    ]);
  });

  it('The router joins incidents to runs', async () => {
    const query = '{ run(workflowId: "support-triage", id: "run-4711") { status incidents { title } } }';
    const { data } = await hive.query(query, { key: 'demo-key' });
    assert.deepEqual(data, { run: { status: 'FAILED', incidents: [{ title: 'No reply' }] } });
  });

  it("The router answers nothing of it to another organization's key, or without one", async () => {
    const query = '{ incidents { nodes { run { status } } } }';
    for (const [options, code] of [
      [{ key: 'other-key' }, 'NOT_FOUND'],
      [{}, 'UNAUTHENTICATED'],
    ] as const) {
      const answer = await hive.query(query, options);
      assert.deepEqual(answer.data, { incidents: { nodes: [{ run: null }, { run: null }, { run: null }] } });
      assert.deepEqual([...new Set(codesOf(answer))], [code]);
    }
  });
});

describe('a live run through Hive Gateway', () => {
  type Subscribe = (url: string, query: string, sink: Sink) => void;
  const headers = { authorization: `Bearer ${LIVE_KEY}` };
  const sinkFor = (sink: Sink) => ({ ...sink, next: ({ data }: { data?: unknown }) => sink.next(data) });
  const overStream: Subscribe = (url, query, sink) => {
    createStreamClient({ url, headers, retryAttempts: 0 }).subscribe(
      { query, variables: { ...RUN_KEY } },
      sinkFor(sink),
    );
  };
  const overSocket: Subscribe = (url, query, sink) => {
    const client = createSocketClient({ url: url.replace('http', 'ws'), connectionParams: headers, retryAttempts: 0 });
    client.subscribe({ query, variables: { ...RUN_KEY } }, sinkFor(sink));
  };

  interface Way {
    readonly subscribe: Subscribe;
    readonly query?: string;
    readonly commandOf?: (url: string) => readonly string[];
    readonly config?: string;
    /** How Stepgate must see it. */
    readonly transport: 'graphql-sse' | 'graphql-ws';
  }

  async function follow({
    subscribe,
    query = LIVE_RUN,
    commandOf = proxyOf,
    config,
    transport,
  }: Way): Promise<unknown[]> {
    let hive: HiveGateway | undefined;
    const metrics: Promise<string>[] = [];
    const seen: unknown[] = [];
    await followRun(async (url, sink) => {
      const next = (data: unknown): void => {
        if (metrics.length === 0) metrics.push(fetch(new URL('/metrics', url)).then((response) => response.text()));
        seen.push(data);
        sink.next(data);
      };
      try {
        hive = await startHiveGateway(commandOf(url), config);
        subscribe(hive.url, query, { ...sink, next });
      } catch (error) {
        sink.error(error);
      }
    });
    await hive?.close();
    assert.match((await metrics[0]) ?? '', new RegExp(`^stepgate_subscribers{transport="${transport}"} 1$`, 'm'));
    return seen;
  }

  it('A subscription comes to a client over server-sent events, through a proxy', async () => {
    await follow({ subscribe: overStream, transport: 'graphql-sse' });
  });
  it('A subscription comes to a client over WebSockets, through a proxy', async () => {
    await follow({ subscribe: overSocket, transport: 'graphql-sse' });
  });

  const query = LIVE_RUN.replace('status', 'status incidents { title }');
  const WAYS: Readonly<Record<string, Omit<Way, 'commandOf' | 'query'>>> = {
    'server-sent events to server-sent events': { subscribe: overStream, transport: 'graphql-sse' },
    'WebSockets to server-sent events': {
      subscribe: overStream,
      config: 'sockets.config.ts',
      transport: 'graphql-ws',
    },
    'WebSockets to WebSockets': { subscribe: overSocket, config: 'sockets.config.ts', transport: 'graphql-ws' },
  };
  for (const [name, way] of Object.entries(WAYS)) {
    it(`A subscription comes with fields of another subgraph, from ${name}`, async () => {
      const incidents = await startIncidents(INCIDENTS);
      const seen = await follow({ ...way, query, commandOf: (url) => supergraphOf(url, incidents.url) });
      for (const event of seen) {
        assert.partialDeepStrictEqual(event, { runUpdated: { run: { incidents: [{ title: 'Slow' }] } } });
      }
      await incidents.close();
    });
  }
});
