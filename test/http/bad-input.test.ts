import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

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
    ['..', '".."'],
    ['.', '"."'],
    ['', 'an empty text'],
    ['x'.repeat(513), '513 bytes'],
    ['ä'.repeat(257), '514 bytes'],
    ['a\u0000b', 'a control character'],
    ['a\n', 'a control character'],
    ['\ud800', 'half of a surrogate pair'],
  ])('refuses the id %j and says why, without an upstream call', async (id, shown) => {
    const rule = 'expected 1 to 512 bytes of text without control characters (and not "." or ".." alone)';
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

  it('refuses list sizes out of range', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => `r${index}`);
    const { errors } = await gateway.query(
      `query Sizes($ids: [ID!]!) {
        a: workflow(id: "wf") { runsById(ids: $ids) { id } }
        b: run(workflowId: "wf", id: "r1") { slowestSteps(first: 0) { id } }
        c: run(workflowId: "wf", id: "r1") { slowestSteps(first: 101) { id } }
      }`,
      { variables: { ids } },
    );
    expect(errors.map(({ message, extensions }) => [extensions.code, message]).sort()).toEqual([
      ['BAD_USER_INPUT', 'first: expected 1 to 100, got 0'],
      ['BAD_USER_INPUT', 'first: expected 1 to 100, got 101'],
      ['BAD_USER_INPUT', 'ids: expected at most 100, got 101'],
    ]);
  });

  it('refuses a body of 2 MiB', async () => {
    const response = await post(JSON.stringify({ query: '{ __typename }', variables: { a: 'x'.repeat(2 ** 21) } }));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('refuses a body that is not JSON, not an object, or of another type', async () => {
    for (const [body, headers, status] of [
      ['{"query":', {}, 400],
      ['[]', {}, 400],
      ['7', {}, 400],
      ['', {}, 400],
      ['query=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ] as const) {
      const response = await post(body, headers);
      expect({ body, status: response.status }).toEqual({ body, status });
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
    }
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

  it('refuses a GET from another site, which could not have set a header', async () => {
    const response = await fetch(`${gateway.url}/graphql?query={__typename}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/Cross-Site Request Forgery/);
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
