import { gzipSync } from 'node:zlib';
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

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
      body,
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

  it('names an unknown field', async () => {
    const { status, errors } = await gateway.query('{ run(workflowId: "wf", id: "r1") { colour } }');
    expect(status).toBe(200);
    expect(errors).toMatchObject([
      { message: 'Cannot query field "colour" on type "Run".', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
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

  it('refuses a body of 2 MiB', async () => {
    const response = await post(JSON.stringify({ query: '{ __typename }', variables: { a: 'x'.repeat(2 ** 21) } }));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  const refusalIn = ({ status, body }: PlainAnswer) => {
    const { errors = [] } = JSON.parse(body.toString()) as {
      errors?: { message: string; extensions: { code: string } }[];
    };
    return [status, errors[0]?.extensions.code, errors[0]?.message];
  };
  const JSON_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer key-1' };
  const NO_OPERATION = 'Expected an operation: query (its text), or its name as documentId.';

  it.each([
    ['', 'The body is not JSON.'],
    ['{"query":', 'The body is not JSON.'],
    [
      '[{}, {}]',
      'Expected one operation, got an array of 2: batches are not answered here. Send each as a request of its own.',
    ],
    ['null', 'Expected an object with an operation, got nothing.'],
    ['7', 'Expected an object with an operation, got a number.'],
    ['"{ __typename }"', 'Expected an object with an operation, got a string.'],
    ['{ "query": 7 }', 'query: expected text, got a number.'],
    ['{ "documentId": ["a"] }', 'documentId: expected text, got a list.'],
    ['{ "id": {} }', 'id: expected text, got an object.'],
    ['{ "query": "{ __typename }", "operationName": true }', 'operationName: expected text, got a boolean.'],
    ['{ "query": "{ __typename }", "variables": "x" }', 'variables: expected an object, got a string.'],
    ['{ "query": "{ __typename }", "extensions": [] }', 'extensions: expected an object, got a list.'],
    ['{}', NO_OPERATION],
    ['{ "query": "", "variables": {} }', NO_OPERATION],
    ['{ "query": null, "operationName": "A" }', NO_OPERATION],
  ])('says what was expected in place of %s', async (body, message) => {
    const answer = await ask(`${gateway.url}/graphql`, { method: 'POST', headers: JSON_HEADERS, body });
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', message]);
  });

  it.each(['variables', 'extensions'])('says that %s of a GET are not JSON', async (name) => {
    const headers = { authorization: 'Bearer key-1' };
    const answer = await ask(`${gateway.url}/graphql?query={__typename}&${name}={`, { headers });
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', `${name} is not JSON.`]);
  });

  it.each([
    [undefined, 'no content-type'],
    ['text/plain', '"text/plain"'],
    ['application/json; charset=latin1', '"application/json; charset=latin1"'],
    [`text/${'x'.repeat(200)}`, `"text/${'x'.repeat(95)}"`],
  ])('says that a body of the type %s is not JSON', async (type, got) => {
    const headers = { authorization: 'Bearer key-1', ...(type !== undefined && { 'content-type': type }) };
    const answer = await ask(`${gateway.url}/graphql`, { method: 'POST', headers, body: '{"query":"{__typename}"}' });
    expect(refusalIn(answer)).toEqual([415, 'BAD_REQUEST', `content-type: expected application/json, got ${got}.`]);
  });

  it.each([
    ['gzip', gzipSync, [415, 'BAD_REQUEST', 'content-encoding: expected a body that is not compressed, got "gzip".']],
    ['identity', (text: string) => text, [200, undefined, undefined]],
  ] as const)('reads a body of the encoding %s, or says that it does not', async (encoding, encode, refusal) => {
    const headers = { ...JSON_HEADERS, 'content-encoding': encoding };
    const answer = await ask(`${gateway.url}/graphql`, {
      method: 'POST',
      headers,
      body: encode('{"query":"{__typename}"}'),
    });
    expect(refusalIn(answer)).toEqual(refusal);
  });

  it('takes no character for another: a body that is not UTF-8 is refused', async () => {
    const body = (text: string, charset: BufferEncoding) =>
      Buffer.from(JSON.stringify({ query: '{ __typename }', variables: { text } }), charset);
    for (const [bytes, refusal] of [
      [body('größer', 'latin1'), [400, 'BAD_REQUEST', 'The body is not UTF-8.']],
      [body('größer', 'utf8'), [200, undefined, undefined]],
    ] as const) {
      const answer = await ask(`${gateway.url}/graphql`, { method: 'POST', headers: JSON_HEADERS, body: bytes });
      expect(refusalIn(answer)).toEqual(refusal);
    }
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

  it('refuses a query 60 levels deep, and names the limit', async () => {
    const deep = (levels: number) =>
      `{ run(workflowId: "wf", id: "r1") { ${'workflow { run(id: "r1") { '.repeat(levels / 2)} id ${'} }'.repeat(levels / 2)} } }`;
    const { status, errors } = await gateway.query(deep(58));
    expect(status).toBe(200);
    expect(errors).toMatchObject([
      {
        message: 'This operation is 60 fields deep; at most 20 are allowed.',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ]);
    expect((await gateway.query(deep(18))).errors).toEqual([]);
  });

  it('measures nested fragments in no time, and reports one that spreads itself', async () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on Run { ...F${index + 1} ...F${index + 1} workflow { id } }`,
    );
    const { status } = await gateway.query(
      `{ run(workflowId: "wf", id: "r1") { ...F0 } } ${fragments.join(' ')} fragment F60 on Run { id }`,
    );
    expect(status).toBe(200);
    const { errors } = await gateway.query(
      `{ run(workflowId: "wf", id: "r1") { ...A } } fragment A on Run { id ...A }`,
    );
    expect(errors[0]?.message).toMatch(/Cannot spread fragment "A" within itself/);
  });

  it('refuses a query of too many tokens', async () => {
    const { status, errors } = await gateway.query(`{ ${'__typename '.repeat(6000)} }`);
    expect(status).toBe(200);
    expect(errors[0]?.message).toMatch(/more that 5000 tokens/);
  });

  it.each<[string, Record<string, string>, number]>([
    ['no header of its own', {}, 400],
    ['a type that a page may send', { 'content-type': 'text/plain;charset=utf-8' }, 400],
    ['another one', { 'content-type': 'Multipart/form-data' }, 400],
    ['the type of a form', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['a type that it may not send', { 'content-type': 'application/json' }, 200],
    ['a type that names another one', { 'content-type': 'application/x-own; not=text/plain' }, 200],
    ['a key', { authorization: 'Bearer key-1' }, 200],
    ['the name of an operation', { 'x-apollo-operation-name': 'A' }, 200],
    ['what is there for this', { 'apollo-require-preflight': 'true' }, 200],
  ])('refuses a GET that another site could have sent: %s', async (_, headers, status) => {
    const answer = await ask(`${gateway.url}/graphql?query={__typename}`, { headers });
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', expect.stringContaining('Cross-Site Request Forgery')]);
  });

  it.each([
    ['/graphql', 'image/png', 'application/json, application/graphql-response+json or text/event-stream'],
    ['/graphql', 'text/html', 'application/json, application/graphql-response+json or text/event-stream'],
    ['/graphql/stream', 'application/json', 'text/event-stream'],
  ])('names the forms in which %s answers to who accepts %s', async (path, accept, forms) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer key-1', accept };
    const answer = await ask(`${gateway.url}${path}`, { method: 'POST', headers, body: '{"query":"{__typename}"}' });
    const message = `Accept: expected ${forms}; the request accepts none of them.`;
    expect(refusalIn(answer)).toEqual([406, 'BAD_REQUEST', message]);
  });

  it('opens no stream for who takes anything and names no events', async () => {
    const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { id } }';
    expect((await post(JSON.stringify({ query }), { accept: '*/*' })).status).toBe(400);
  });

  it('opens no stream for a HEAD', async () => {
    const statusOf = async (query: string, accept: string) => {
      const headers = { authorization: 'Bearer key-1', accept };
      const url = `${gateway.url}/graphql?query=${encodeURIComponent(query)}`;
      return (await ask(url, { method: 'HEAD', headers })).status;
    };
    const subscription = 'subscription { runUpdated(workflowId: "wf", id: "r1") { id } }';
    expect(await statusOf('{ __typename }', 'application/json, text/event-stream')).toBe(200);
    expect(await statusOf(subscription, 'application/json, text/event-stream')).toBe(400);
    expect(await statusOf('{ __typename }', 'text/event-stream')).toBe(406);
  });

  it('answers other paths and methods with a clear error', async () => {
    const lost = await fetch(`${gateway.url}/graphiql`);
    expect(lost.status).toBe(404);
    expect(await lost.json()).toMatchObject({
      errors: [{ message: 'There is nothing at this path; GraphQL is at /graphql, the run page at /.' }],
    });
    const put = await fetch(`${gateway.url}/graphql`, { method: 'PUT', headers: { authorization: 'Bearer key-1' } });
    expect(put.status).toBe(405);
    expect(put.headers.get('allow')).toBe('GET, HEAD, POST');
  });
});
