import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { type Frame, openSocket, openStream } from '../harness/live-client.ts';
import { codesOf, ofRun, ofWorkflow, TIMES } from '../harness/operations.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const ofJson = (fields: string) => `executeWorkflow(workflowId: "wf", inputs: ${fields}) { run { id } }`;
const MUTATION = `mutation ($v: JSON) { ${ofJson('$v')} }`;
const QUERY = 'query ($v: [_Any!]!) { _entities(representations: $v) { ... on Run { id } } }';
const UNUSED = '{ __typename }';
const nested = (levels: number, kind: 'lists' | 'objects') =>
  kind === 'lists' ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
/** Written by hand, because `JSON.stringify` cannot write such deep nesting. */
const bodyOf = (query: string, value: string) => `{"query":${JSON.stringify(query)},"variables":{"v":${value}}}`;

describe('variables', () => {
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, runId }) => {
        if (endpoint === 'execute') return { json: { run_id: 'new' } };
        if (endpoint === 'run') return { json: [wireRun(runId)] };
        return { json: [wireStep({ id: 'fast' }), wireStep({ id: 'slow', end_time: '2025-03-13T02:41:30Z' })] };
      },
    }),
  );
  const { upstream } = gateway;

  const errorsOf = (frame: Frame) =>
    frame.type === 'error' ? frame.errors : frame.type === 'next' ? (frame.payload.errors ?? []) : [];
  const transports = {
    async 'HTTP POST'(query: string, value: string) {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer key-1' };
      const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: bodyOf(query, value) });
      expect(response.status).toBe(200);
      return ((await response.json()) as { errors?: ReturnType<typeof errorsOf> }).errors ?? [];
    },
    async 'graphql-sse'(query: string, value: string) {
      const client = await openStream(gateway.url, bodyOf(query, value), 'key-1');
      const frame = await client.next();
      client.cut();
      return errorsOf(frame);
    },
    async 'graphql-ws'(query: string, value: string) {
      const client = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
      client.send(`{"id":"1","type":"subscribe","payload":${bodyOf(query, value)}}`);
      const errors = errorsOf(await client.next());
      // The socket stays open.
      client.subscribe({ query: UNUSED }, '2');
      expect(await client.nextData()).toEqual({ __typename: 'Query' });
      client.cut();
      return errors;
    },
  };

  it.each(Object.entries(transports))('are rejected over %s if nested too deeply, even if unused', async (_, ask) => {
    const before = upstream.count('execute');
    for (const query of [MUTATION, QUERY, UNUSED]) {
      for (const kind of ['lists', 'objects'] as const) {
        expect(await ask(query, nested(10_000, kind))).toEqual([
          {
            message: expect.stringContaining('at most 200 levels'),
            extensions: { code: 'BAD_USER_INPUT', retryable: false, requestId: expect.any(String) },
          },
        ]);
      }
    }
    expect(upstream.count('execute')).toBe(before);
  });

  it('may have 200 levels, and so may literal inputs', async () => {
    const ask = (query: string, value: string) => transports['HTTP POST'](query, value);
    // The object of variables is the first level.
    const fits = nested(199, 'objects');
    expect(await ask(MUTATION, fits)).toEqual([]);
    expect(upstream.calls.findLast(({ endpoint }) => endpoint === 'execute')?.body).toBe(fits);
    expect(codesOf({ errors: await ask(MUTATION, nested(200, 'objects')) })).toEqual(['BAD_USER_INPUT']);
    for (const [levels, codes] of [
      [200, []],
      [201, ['BAD_USER_INPUT']],
    ] as const) {
      const literal = `${'{a:'.repeat(levels)}1${'}'.repeat(levels)}`;
      expect(codesOf(await gateway.query(`mutation { ${ofJson(literal)} }`))).toEqual(codes);
    }
  });

  it('have their new values in a literal of inputs each time', async () => {
    const query = `mutation ($p: JSON, $n: JSON = 7) { ${ofJson('{ prompt: $p, deep: { list: [$p, $n] } }')} }`;
    const before = upstream.calls.length;
    for (const p of TIMES) expect((await gateway.query(query, { variables: { p } })).errors).toEqual([]);
    const bodies = upstream.calls.slice(before).filter(({ endpoint }) => endpoint === 'execute');
    expect(bodies.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
      TIMES.map((p) => ({ prompt: p, deep: { list: [p, 7] } })),
    );
  });

  it('have their new values in a literal representation each time', async () => {
    const query = `query ($i: ID!, $w: ID = "wf") {
      _entities(representations: [{ __typename: "Run", workflowId: $w, id: $i }]) { ... on Run { id workflowId } }
    }`;
    for (const i of TIMES) {
      const { data } = await gateway.query(query, { variables: { i } });
      expect(data).toEqual({ _entities: [{ id: String(i), workflowId: 'wf' }] });
    }
  });

  describe('null', () => {
    it.each([
      ['ID!', 'query ($x: ID = "a") { workflow(id: $x) { id } }'],
      ['ID!', `query ($x: ID = "a") ${ofWorkflow('runsById(ids: ["b", $x]) { id }')}`],
      ['RunStatus!', `query ($x: RunStatus = FAILED) ${ofWorkflow('runs(filter: { status: [$x] }) { __typename }')}`],
      ['Boolean!', `query ($x: Boolean = true) ${ofWorkflow('... @include(if: $x) { id }')}`],
      ['Boolean!', 'query ($x: Boolean = true) { __typename @skip(if: $x) }'],
      [
        'ID!',
        `query ($x: ID = "a") ${ofWorkflow('...A')} fragment A on Workflow { ...B } fragment B on Workflow { run(id: $x) { id } }`,
      ],
    ])('is rejected where null is not allowed: %s', async (type, query) => {
      // A missing variable has its default.
      expect(codesOf(await gateway.query(query))).not.toContain('BAD_USER_INPUT');
      for (const time of TIMES) {
        const { data, errors } = await gateway.query(query, { variables: { x: null } });
        expect(errors[0]?.message).toBe(`Variable "$x" must not be null: it is used as ${type}.`);
        expect({ time, data, errors }).toMatchObject({
          data: null,
          errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
        });
      }
    });

    it('is rejected even if null is the default', async () => {
      const steps = 'steps(orderBy: { field: DURATION, direction: $x }) { id }';
      const query = `query ($x: OrderDirection = null) ${ofRun(steps)}`;
      expect(codesOf(await gateway.query(query))).toEqual(['BAD_USER_INPUT']);
      expect((await gateway.query(query, { variables: { x: 'ASC' } })).errors).toEqual([]);
    });

    it.each([
      [
        'where null is allowed',
        `query Q($x: Boolean) { workflow(id: "wf") { id } run(workflowId: "wf", id: "r1") { steps(filter: { failedOnly: $x }) { id } } }`,
      ],
      ['in JSON', `mutation Q($x: ID = "a") { ${ofJson('{ a: [$x] }')} }`],
    ])('is accepted %s', async (_, query) => {
      for (const time of TIMES) {
        expect({ time, errors: (await gateway.query(query, { variables: { x: null } })).errors }).toEqual({
          time,
          errors: [],
        });
      }
    });
  });
});
