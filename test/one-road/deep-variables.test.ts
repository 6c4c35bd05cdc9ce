import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type GraphqlError, type TestGateway } from '../harness/gateway.ts';
import { openSocket, openStream } from '../harness/live-client.ts';

const MUTATION = 'mutation ($v: JSON) { executeWorkflow(workflowId: "wf", inputs: $v) { run { id } } }';
const QUERY = 'query ($v: [_Any!]!) { _entities(representations: $v) { ... on Run { id } } }';
const UNUSED = '{ __typename }';
const nested = (levels: number, kind: 'lists' | 'objects') =>
  kind === 'lists' ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

interface Answer {
  readonly status: number;
  readonly errors: readonly GraphqlError[];
}

/** By hand: `JSON.stringify` can't write what is nested so deep. */
const bodyOf = (query: string, value: string) => `{"query":${JSON.stringify(query)},"variables":{"v":${value}}}`;

describe('variables that are nested deeply', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream((call) =>
      call.endpoint === 'execute' ? { json: { run_id: 'new' } } : healthy(call),
    );
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const transports: Readonly<Record<string, (query: string, value: string) => Promise<Answer>>> = {
    async 'HTTP POST'(query, value) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer key-1' },
        body: bodyOf(query, value),
      });
      const { errors = [] } = (await response.json()) as Partial<Answer>;
      return { status: response.status, errors };
    },
    async 'graphql-sse'(query, value) {
      const client = await openStream(gateway.url, bodyOf(query, value), 'key-1');
      const frame = await client.next();
      client.cut();
      return { status: client.status, errors: errorsOf(frame) };
    },
    async 'graphql-ws'(query, value) {
      const client = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
      client.send(`{"id":"1","type":"subscribe","payload":${bodyOf(query, value)}}`);
      const errors = errorsOf(await client.next());
      // The socket goes on.
      client.subscribe({ query: UNUSED }, '2');
      expect(await client.nextData()).toEqual({ __typename: 'Query' });
      client.cut();
      return { status: 200, errors };
    },
  };
  const errorsOf = (frame: Awaited<ReturnType<Awaited<ReturnType<typeof openSocket>>['next']>>) =>
    frame.type === 'error' ? frame.errors : frame.type === 'next' ? (frame.payload.errors ?? []) : [];

  describe.each(Object.keys(transports))('over %s', (name) => {
    const ask = (query: string, value: string) => (transports[name] ?? Promise.reject.bind(Promise))(query, value);

    it.each<[string, string, 'lists' | 'objects']>([
      ['an action', MUTATION, 'lists'],
      ['an action', MUTATION, 'objects'],
      ['a query', QUERY, 'lists'],
      ['a query', QUERY, 'objects'],
      ['a query that does not use them', UNUSED, 'objects'],
    ])('are refused with BAD_USER_INPUT: %s (%s) of %s', async (_, query, kind) => {
      for (let time = 0; time < 3; time += 1) {
        const { status, errors } = await ask(query, nested(10_000, kind));
        expect(status).toBe(200);
        expect(errors).toEqual([
          {
            message: 'variables: expected at most 200 levels of JSON, got more',
            extensions: { code: 'BAD_USER_INPUT', retryable: false, requestId: expect.any(String) },
          },
        ]);
      }
      expect(upstream.count('execute')).toBe(0);
    });
  });

  it('are taken down to 200 levels, and so are inputs in the text of the operation', async () => {
    const ask = transports['HTTP POST'];
    // The object of variables is the first level.
    const fits = nested(199, 'objects');
    expect(await ask?.(MUTATION, fits)).toEqual({ status: 200, errors: [] });
    expect(upstream.calls.find(({ endpoint }) => endpoint === 'execute')?.body).toBe(fits);
    expect((await ask?.(MUTATION, nested(200, 'objects')))?.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    for (const [levels, codes] of [
      [200, []],
      [201, ['BAD_USER_INPUT']],
    ] as const) {
      const literal = `${'{a:'.repeat(levels)}1${'}'.repeat(levels)}`;
      const { status, errors } = await gateway.query(
        `mutation { executeWorkflow(workflowId: "wf", inputs: ${literal}) { run { id } } }`,
      );
      expect({ status, codes: errors.map(({ extensions }) => extensions.code) }).toEqual({ status: 200, codes });
    }
  });
});
