import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const script: Script = ({ endpoint, runId }) => {
  if (runId === 'missing') return { status: 404 };
  if (endpoint === 'execute') return { json: { run_id: 'r1' } };
  return { json: endpoint === 'run' ? [wireRun(runId)] : [wireStep()] };
};

/** What comes the first time goes through Apollo, what comes again goes past it: nobody may see a difference. */
describe('an operation that comes again', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = createManualClock();
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '0' }, { now: clock.now });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  async function ask(body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      cacheControl: response.headers.get('cache-control'),
      // The ids of requests differ, as they should.
      text: text.replaceAll(/"requestId":"[^"]+"/g, '"requestId":"…"'),
    };
  }

  const run = 'query Run($id: ID!) { run(workflowId: "wf", id: $id) { status } }';

  it.each([
    ['answers', { query: run, variables: { id: 'r1' } }],
    ['an error of a field', { query: run, variables: { id: 'missing' } }],
    ['an error of an id', { query: run, variables: { id: '../x' } }],
    ['a bad path', { query: '{ run(workflowId: "wf", id: "r1") { steps { outputs(path: "[") } } }' }],
    ['no variables', { query: run }],
    ['variables of the wrong type', { query: run, variables: { id: ['r1'] } }],
    ['variables that are no object', { query: run, variables: 'id' }],
    ['an unknown name of an operation', { query: run, operationName: 'Other', variables: { id: 'r1' } }],
    ['no name where there are two', { query: `${run} query Other { __typename }`, variables: { id: 'r1' } }],
    ['one of two by name', { query: `${run} query Other { __typename }`, operationName: 'Other' }],
    [
      'extensions',
      { query: run, variables: { id: 'r1' }, extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
    ],
    ['an invalid operation', { query: '{ run(workflowId: "wf", id: "r1") { colour } }' }],
    ['introspection', { query: '{ __type(name: "Run") { name } }' }],
  ])('says the same, with %s', async (_, body) => {
    const first = await ask(body);
    for (let time = 0; time < 4; time += 1) expect(await ask(body)).toEqual(first);
  });

  it('says the same without a key', async () => {
    const body = { query: run, variables: { id: 'r1' } };
    await ask(body);
    const withoutKey = await ask(body, { authorization: '' });
    expect(withoutKey.text).toContain('UNAUTHENTICATED');
    for (let time = 0; time < 3; time += 1) expect(await ask(body, { authorization: '' })).toEqual(withoutKey);
  });

  it('is never an action: each mutation goes upstream once, however often it came', async () => {
    const mutation = { query: 'mutation { executeWorkflow(workflowId: "wf") { run { id } } }' };
    for (let count = 1; count <= 4; count += 1) {
      expect(await ask(mutation)).toMatchObject({ status: 200, cacheControl: 'no-store' });
      expect(upstream.count('execute')).toBe(count);
    }
    const mixed = { query: 'query Q { __typename } mutation M { executeWorkflow(workflowId: "wf") { message } }' };
    for (let time = 0; time < 3; time += 1) await ask({ ...mixed, operationName: 'Q' });
    await ask({ ...mixed, operationName: 'M' });
    expect(upstream.count('execute')).toBe(5);
  });

  it('keeps the media type that the client takes', async () => {
    const body = { query: run, variables: { id: 'r1' } };
    await ask(body);
    const accept = 'application/graphql-response+json';
    for (let time = 0; time < 3; time += 1) {
      expect((await ask(body, { accept })).contentType).toBe(`${accept}; charset=utf-8`);
      expect((await ask(body, { accept: 'application/json' })).contentType).toBe('application/json; charset=utf-8');
      expect((await ask(body, { accept: 'text/csv' })).status).toBe(406);
    }
  });
});
