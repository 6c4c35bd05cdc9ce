import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClientError, GraphQLClient } from 'graphql-request';
import { socketLink, streamLink } from '../apollo/live.ts';
import { createApolloClient, createUrqlClient, hashOf } from '../client-preset/clients.ts';
import { LIVE_RUN as PRESET_LIVE_RUN, RUN as PRESET_RUN, RUN_AGAIN } from '../client-preset/run.ts';
import { followOverSocket, followOverStream } from '../fetch/live.ts';
import { request } from '../fetch/request.ts';
import { failedNodes, RUN as TADA_RUN, variables } from '../gql-tada/run.ts';
import { createClient, isRefusal, readRun } from '../graphql-request/run.ts';
import { followRun, LIVE_KEY, LIVE_RUN, RUN_KEY as LIVE_RUN_KEY } from './live.ts';
import {
  EXAMPLES,
  plain,
  recordRequests,
  recordWarnings,
  startGateway,
  VARIABLES,
  withoutTypenames,
} from './support.ts';

const RUN_KEY = { workflowId: 'support-triage', id: 'run-4711' };

let url: string;
let close: () => Promise<void>;
const sent = recordRequests();
const printed = recordWarnings();

const MANIFEST = fileURLToPath(new URL('../client-preset/__generated__/persisted-documents.json', import.meta.url));

const start = async (environment: Readonly<Record<string, string>>) => {
  const gateway = await startGateway(environment);
  url = `${gateway.url}/graphql`;
  close = () => gateway.close();
};

describe('fetch', () => {
  before(() => start({}));
  after(() => close());

  it('A client gets the answer to every example operation, and the code of an error', async () => {
    for (const { file, text } of EXAMPLES) {
      const { data, errors } = await request(url, () => 'demo-key', { query: text }, VARIABLES);
      assert.ok(data, file);
      assert.equal(errors, undefined, file);
    }
    const query = '{ run(workflowId: "support-triage", id: "none") { id } }';
    const { data, errors } = await request(url, () => 'demo-key', { query });
    assert.deepEqual([data, errors?.map(({ extensions }) => extensions.code)], [{ run: null }, ['NOT_FOUND']]);
  });

  for (const [transport, follow] of Object.entries({
    'graphql-ws': followOverSocket,
    'graphql-sse': followOverStream,
  })) {
    it(`A client follows a live run over ${transport}`, () =>
      followRun(async (at, sink) => {
        const events = follow(at, () => LIVE_KEY, { query: LIVE_RUN, variables: LIVE_RUN_KEY });
        for await (const { data } of events) sink.next(data);
        sink.complete();
      }));
  }
});

describe('graphql-request', () => {
  before(() => start({}));
  after(() => close());

  it('A client gets the answer to every example operation', async () => {
    const client = createClient(url, () => 'demo-key');
    for (const { file, text } of EXAMPLES) {
      const data = await client.request(text, VARIABLES);
      assert.deepEqual(plain(data), sent.at(-1)?.answer.data, file);
    }
  });

  it('A client returns data together with errors, and throws if the request is rejected', async () => {
    const client = createClient(url, () => 'demo-key');
    assert.deepEqual(await readRun(client, RUN_KEY), { run: { status: 'FAILED', totalElapsedTime: 7 }, codes: [] });
    assert.deepEqual(await readRun(client, { ...RUN_KEY, id: 'none' }), { run: null, codes: ['NOT_FOUND'] });
    const strict = new GraphQLClient(url, { headers: { authorization: 'Bearer demo-key' } });
    await assert.rejects(strict.request('{ run(workflowId: "support-triage", id: "none") { id } }'), ClientError);
    await assert.rejects(createClient(url, () => 'demo-key').request('{ nope }'), (error) => !isRefusal(error));
  });
});

describe('gql.tada', () => {
  before(() => start({}));
  after(() => close());

  it("A typed document has the type of the gateway's answer", async () => {
    const data = await createClient(url, () => 'demo-key').request(TADA_RUN, variables);
    assert.ok(failedNodes(data).includes('draft_reply'));
  });
});

describe("codegen's client preset, with a gateway that only accepts persisted operations", () => {
  const strict = { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: MANIFEST };
  before(() => start(strict));
  after(() => close());

  const names = () => assert.equal(sent.at(-1)?.params.query, undefined);

  it('A client sends hashes with Apollo Client, and its cache returns the answers unchanged', async () => {
    const client = createApolloClient(url, () => 'demo-key');
    await client.query({ query: PRESET_RUN, variables: RUN_KEY });
    names();
    assert.equal(sent.at(-1)?.method, 'GET');
    assert.deepEqual(
      withoutTypenames(client.readQuery({ query: PRESET_RUN, variables: RUN_KEY })),
      withoutTypenames(sent.at(-1)?.answer.data),
    );
    assert.partialDeepStrictEqual(client.extract(), { 'Run:run-4711': { status: 'FAILED' } });
    const { data } = await client.mutate({ mutation: RUN_AGAIN, variables: { workflowId: 'support-triage' } });
    names();
    assert.equal(data?.executeWorkflow?.run?.workflowId, 'support-triage');
  });

  for (const [transport, createLink] of Object.entries({ 'graphql-ws': socketLink, 'graphql-sse': streamLink })) {
    it(`A client follows a live run by a hash with Apollo Client over ${transport}`, () =>
      followRun((at, sink) => {
        const live = createLink(at, () => LIVE_KEY);
        const client = createApolloClient(at, () => LIVE_KEY, live);
        const events = client.subscribe({ query: PRESET_LIVE_RUN, variables: LIVE_RUN_KEY });
        events.subscribe({ ...sink, next: ({ data, error }) => (error ? sink.error(error) : sink.next(data)) });
      }, strict));
  }

  it('A client sends hashes with urql, and its cache returns the answers unchanged', async () => {
    const client = createUrqlClient(url, () => 'demo-key');
    await client.query(PRESET_RUN, RUN_KEY).toPromise();
    names();
    assert.equal(sent.at(-1)?.method, 'GET');
    const before = sent.length;
    const { data: cached } = await client.query(PRESET_RUN, RUN_KEY, { requestPolicy: 'cache-only' }).toPromise();
    assert.equal(cached?.run?.status, 'FAILED');
    assert.equal(sent.length, before);
    const { data } = await client.mutation(RUN_AGAIN, { workflowId: 'support-triage' }).toPromise();
    names();
    assert.equal(data?.executeWorkflow?.run?.workflowId, 'support-triage');
  });

  it('A client sends hashes with fetch', async () => {
    const { data } = await request(url, () => 'demo-key', { documentId: hashOf(PRESET_RUN) }, RUN_KEY);
    names();
    assert.partialDeepStrictEqual(data, { run: { __typename: 'Run', totalElapsedTime: 7 } });
  });
});

it('No test prints a warning', () => {
  assert.deepEqual(printed, []);
});
