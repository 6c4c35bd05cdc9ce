import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';

describe('bad input', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([
    ['..', 'the segment ".."'],
    ['.', 'the segment "."'],
    ['a/../b', 'the segment ".."'],
    ['a\\.', 'the segment "."'],
    ['', 'an empty text'],
    ['x'.repeat(513), '513 bytes'],
    ['ä'.repeat(257), '514 bytes'],
    ['a\u0000b', 'a control character'],
    ['a\n', 'a control character'],
    ['\ud800', 'half of a surrogate pair'],
  ])('refuses the id %j and says why, without an upstream call', async (id, shown) => {
    const rule = 'expected 1 to 512 bytes of text without control characters and without a segment "." or ".."';
    const document = `query Bad($id: ID!) {
      a: workflow(id: $id) { id }
      b: run(workflowId: $id, id: "r1") { id }
      c: run(workflowId: "wf", id: $id) { id }
    }`;
    const { status, data, errors } = await gateway.query(document, { variables: { id } });
    expect(status).toBe(200);
    expect(data).toEqual({ a: null, b: null, c: null });
    expect(errors.map(({ path, message }) => [path?.[0], message]).sort()).toEqual([
      ['a', `workflow id: ${rule}, got ${shown}`],
      ['b', `workflow id: ${rule}, got ${shown}`],
      ['c', `run id: ${rule}, got ${shown}`],
    ]);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill('BAD_USER_INPUT'));
    expect(upstream.calls).toEqual([]);
  });

  it.each([
    'query ($id: ID!) { run(workflowId: "wf", id: $id) { steps { id } } }',
    'query ($id: ID!) { compareRuns(workflowId: "wf", baseId: $id, headId: $id) { wallClockDeltaMs } }',
    'query ($id: ID!) { compareRuns(workflowId: $id, baseId: "r1", headId: "r2") { wallClockDeltaMs } }',
    'query ($id: ID!) { workflow(id: "wf") { run(id: $id) { id } runsById(ids: [$id]) { id } } }',
    'query ($id: ID!) { recentRuns(workflowIds: [$id]) { nodes { id } } }',
    'query ($id: ID!) { _entities(representations: [{ __typename: "Workflow", id: $id }]) { ... on Workflow { id } } }',
    'query ($id: ID!) { _entities(representations: [{ __typename: "Run", workflowId: "wf", id: $id }]) { ... on Run { id } } }',
    'query ($id: ID!) { _entities(representations: [{ __typename: "Step", workflowId: "wf", runId: $id, id: "s" }]) { ... on Step { id } } }',
    'mutation ($id: ID!) { executeWorkflow(workflowId: $id, idempotencyKey: "k") { message } }',
    'subscription ($id: ID!) { runUpdated(workflowId: "wf", id: $id) { id } }',
    'subscription ($id: ID!) { runsUpdated(workflowIds: [$id]) { id } }',
  ])('refuses an id that climbs, over each transport and without an upstream call, in %s', async (query) => {
    const live = ['graphql-ws', 'graphql-sse'] as const;
    for (const transport of query.startsWith('query') ? TRANSPORTS : live) {
      const { errors = [] } = await send(transport, gateway.url, { query, variables: { id: '../../wf/runs/r1' } });
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']));
    }
    expect(upstream.calls).toEqual([]);
  });

  it('names the position at which a path stops making sense, and answers the rest', async () => {
    const { data, errors } = await gateway.query(
      `{ run(workflowId: "wf", id: "r1") { steps { good: outputs(path: "choices[0].message.content") bad: outputs(path: "choices[") none: inputs(path: "a.b.c") } } }`,
    );
    expect(data).toEqual({ run: { steps: [{ good: 'Refund approved.', bad: null, none: null }] } });
    expect(errors).toMatchObject([
      {
        path: ['run', 'steps', 0, 'bad'],
        extensions: { code: 'BAD_USER_INPUT' },
        message: expect.stringMatching(/character 9/),
      },
    ]);
  });

  it('refuses list sizes and texts out of range', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => `r${index}`);
    const { errors } = await gateway.query(
      `query Sizes($ids: [ID!]!) {
        a: workflow(id: "wf") { runsById(ids: $ids) { id } }
        b: run(workflowId: "wf", id: "r1") { slowestSteps(first: 0) { id } }
        c: run(workflowId: "wf", id: "r1") { slowestSteps(first: 101) { id } }
        d: workflows(search: "${'x'.repeat(1001)}") { totalCount }
      }`,
      { variables: { ids } },
    );
    expect(errors.map(({ message, extensions }) => [extensions.code, message]).sort()).toEqual([
      ['BAD_USER_INPUT', 'first: expected 1 to 100, got 0'],
      ['BAD_USER_INPUT', 'first: expected 1 to 100, got 101'],
      ['BAD_USER_INPUT', 'ids: expected at most 100, got 101'],
      ['BAD_USER_INPUT', 'search: expected at most 1000 characters, got 1001'],
    ]);
  });

  const refusalIn = ({ status, body }: PlainAnswer) => {
    const { errors = [] } = JSON.parse(body.toString()) as {
      errors?: { message: string; extensions: { code: string } }[];
    };
    return [status, errors[0]?.extensions.code, errors[0]?.message];
  };
  const JSON_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer key-1' };

  it.each([
    ['', 'The body is not JSON'],
    ['{"query":', 'The body is not JSON'],
    ['[{}, {}]', 'batches are not answered here'],
    ['null', 'an object with an operation, got nothing'],
    ['7', 'an object with an operation, got a number'],
    ['"{ __typename }"', 'an object with an operation, got a string'],
    ['{ "query": 7 }', 'query: expected text, got a number'],
    ['{ "documentId": ["a"] }', 'documentId: expected text, got a list'],
    ['{ "id": {} }', 'id: expected text, got an object'],
    ['{ "query": "{ __typename }", "operationName": true }', 'operationName: expected text, got a boolean'],
    ['{ "query": "{ __typename }", "variables": "x" }', 'variables: expected an object, got a string'],
    ['{ "query": "{ __typename }", "extensions": [] }', 'extensions: expected an object, got a list'],
    ['{}', 'Expected an operation: query'],
    ['{ "query": "", "variables": {} }', 'Expected an operation: query'],
    ['{ "query": null, "operationName": "A" }', 'Expected an operation: query'],
  ])('says what was expected in place of %s', async (body, words) => {
    const answer = await ask(`${gateway.url}/graphql`, { method: 'POST', headers: JSON_HEADERS, body });
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', expect.stringContaining(words)]);
  });

  it.each(['variables', 'extensions'])('says that %s of a GET are not JSON', async (name) => {
    const answer = await ask(`${gateway.url}/graphql?query={__typename}&${name}={`, { headers: JSON_HEADERS });
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', `${name} is not JSON.`]);
  });

  it.each([
    ['%E9', [400, 'BAD_REQUEST', 'The query string is not UTF-8.']],
    ['%C3%A9', [200, undefined, undefined]],
    ['%ef%bf%bd', [200, undefined, undefined]],
    ['%', [200, undefined, undefined]],
  ])('takes no character of a query string for another: %s', async (id, refusal) => {
    const url = `${gateway.url}/graphql?query={workflow(id:%22${id}%22){id}}`;
    expect(refusalIn(await ask(url, { headers: JSON_HEADERS }))).toEqual(refusal);
  });

  it('measures nested fragments without walking all of their 2^60 paths', async () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on Run { ...F${index + 1} ...F${index + 1} workflow { id } }`,
    );
    const { status } = await gateway.query(
      `{ run(workflowId: "wf", id: "r1") { ...F0 } } ${fragments.join(' ')} fragment F60 on Run { id }`,
    );
    expect(status).toBe(200);
  });
});
