import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { send, sendByHttp, TRANSPORTS } from '../harness/transports.ts';

const repeat = (count: number, make: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join(' ');
const BY_ID = 'query ById($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { totalElapsedTime } } }';
const ids = (count: number) => Array.from({ length: count }, (_, at) => `r${at}`);

describe('limits', () => {
  let clock: ManualClock;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  async function start(environment: Record<string, string>): Promise<void> {
    clock = createManualClock();
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, ...environment }, { now: clock.now });
  }
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  describe.each(TRANSPORTS)('on the form and the cost of an operation, over %s', (transport) => {
    beforeEach(() => start({ MAX_OPERATION_COST: '20' }));

    it.each<[string, number, number, string, Record<string, unknown>?]>([
      [
        'depth',
        20,
        22,
        `{ run(workflowId: "wf", id: "r1") { ${'workflow { run(id: "r1") { '.repeat(10)} id ${'} } '.repeat(10)} } }`,
      ],
      ['aliases', 100, 101, `{ run(workflowId: "wf", id: "r1") { ${repeat(101, (at) => `a${at}: id`)} } }`],
      ['rootFields', 50, 51, `{ ${'__typename '.repeat(51)} }`],
      ['directives', 100, 101, `{ run(workflowId: "wf", id: "r1") { ${'id @skip(if: false) '.repeat(101)} } }`],
      ['cost', 20, 22, BY_ID, { ids: ids(11) }],
    ])('names %s, the limit %i and the %i that came', async (limit, maximum, found, query, variables = {}) => {
      // A new, a known and a cached operation must be answered alike.
      for (let time = 0; time < 3; time += 1) {
        const { data, errors } = await send(transport, gateway.url, { query, variables });
        expect(data ?? null).toBeNull();
        expect(errors).toMatchObject([
          { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum, found, retryable: false } },
        ]);
        expect(errors?.[0]?.message).toContain(String(found));
        expect(errors?.[0]?.message).toContain(`at most ${maximum} are allowed`);
      }
      expect(upstream.calls).toEqual([]);
    });

    it('names the limit of tokens', async () => {
      const { errors } = await send(transport, gateway.url, {
        query: `{ ${'id '.repeat(transport === 'HTTP GET' ? 5001 : 6000)} }`,
      });
      expect(errors).toMatchObject([
        { message: expect.stringContaining('5000 tokens'), extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
      ]);
    });

    it('weighs the variables of an operation that is known', async () => {
      for (let time = 0; time < 3; time += 1) {
        const known = await send(transport, gateway.url, { query: BY_ID, variables: { ids: ids(10) } });
        expect(known.errors).toBeUndefined();
      }
      const calls = upstream.calls.length;
      for (let time = 0; time < 3; time += 1) {
        const { errors } = await send(transport, gateway.url, { query: BY_ID, variables: { ids: ids(50) } });
        expect(errors).toMatchObject([{ extensions: { limit: 'cost', maximum: 20, found: 100 } }]);
      }
      expect(upstream.calls.length).toBe(calls);
    });
  });

  it('weighs the variables of a subscription that is known', async () => {
    await start({ MAX_OPERATION_COST: '20' });
    const query = `subscription Live($first: Int!) {
      runUpdated(workflowId: "wf", id: "r1") { status workflow { runs(first: $first) { nodes { steps { id } } } } }
    }`;
    for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
      expect(await send(transport, gateway.url, { query, variables: { first: 2 } })).toHaveProperty('data');
      const { errors } = await send(transport, gateway.url, { query, variables: { first: 40 } });
      expect(errors).toMatchObject([{ extensions: { limit: 'cost', maximum: 20, found: 42 } }]);
    }
  });

  it('refuses a batch, and says so', async () => {
    await start({});
    const body = JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]);
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer key-1',
      accept: 'text/event-stream, application/json',
    };
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message:
            'Expected one operation, got an array of 2: batches are not answered here. Send each as a request of its own.',
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    });
    const stream = await fetch(`${gateway.url}/graphql/stream`, { method: 'POST', headers, body });
    expect(stream.status).toBe(400);
    expect(await stream.text()).toContain('Expected one operation');
  });

  describe('on the rate of a key', () => {
    beforeEach(() => start({ RATE_LIMIT_PER_MINUTE: '6', LIVE_TTL_MS: '0' }));

    const LIMITED = [
      {
        message: 'Rate limit exceeded: 6 operations per minute. Try again in 10 s.',
        extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 10, requestId: expect.any(String) },
      },
    ];
    const ask = { query: '{ run(workflowId: "wf", id: "r1") { status } }' };

    it('counts new, known and cached operations alike, and says in headers what is left', async () => {
      const left: (string | null)[] = [];
      for (let time = 0; time < 6; time += 1) {
        const response = await sendByHttp('HTTP POST', gateway.url, ask);
        expect(await response.json()).toEqual({ data: { run: { status: 'COMPLETED' } } });
        expect(response.headers.get('ratelimit-limit')).toBe('6');
        expect(response.headers.get('retry-after')).toBeNull();
        left.push(response.headers.get('ratelimit-remaining'), response.headers.get('ratelimit-reset'));
      }
      expect(left).toEqual(['5', '10', '4', '20', '3', '30', '2', '40', '1', '50', '0', '60']);
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const refused = await sendByHttp('HTTP POST', gateway.url, ask, 'key-1', { accept });
        expect(refused.status).toBe(429);
        expect(await refused.json()).toEqual({ errors: LIMITED });
        expect(Object.fromEntries(refused.headers)).toMatchObject({
          'content-type': `${accept}; charset=utf-8`,
          'cache-control': 'no-store',
          'retry-after': '10',
          'ratelimit-remaining': '0',
          'ratelimit-reset': '60',
        });
      }
    });

    it('says what is left beside the headers of a refusal', async () => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'PUT',
        headers: { authorization: 'Bearer key-1' },
      });
      expect(response.status).toBe(405);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        allow: 'GET, HEAD, POST',
        'ratelimit-limit': '6',
        'ratelimit-remaining': '5',
      });
    });

    it('counts an answer that is not modified', async () => {
      const first = await sendByHttp('HTTP GET', gateway.url, ask);
      const validator = { 'if-none-match': first.headers.get('etag') ?? '' };
      for (const left of ['4', '3', '2', '1', '0']) {
        const again = await sendByHttp('HTTP GET', gateway.url, ask, 'key-1', validator);
        expect([again.status, again.headers.get('ratelimit-remaining')]).toEqual([304, left]);
      }
      expect((await sendByHttp('HTTP GET', gateway.url, ask, 'key-1', validator)).status).toBe(429);
    });

    it('is one for all transports, and leaves other keys alone', async () => {
      for (let time = 0; time < 6; time += 1) {
        const transport = TRANSPORTS[time % TRANSPORTS.length] ?? 'HTTP POST';
        expect(await send(transport, gateway.url, ask)).toEqual({ data: { run: { status: 'COMPLETED' } } });
      }
      const calls = upstream.calls.length;
      for (const transport of TRANSPORTS) {
        expect(await send(transport, gateway.url, ask)).toEqual({ errors: LIMITED });
        expect(await send(transport, gateway.url, ask, 'key-2')).toHaveProperty('data');
      }
      expect(upstream.calls.filter(({ key }) => key === 'key-1')).toHaveLength(calls);
      clock.advance(10_000);
      expect(await send('HTTP POST', gateway.url, ask)).toHaveProperty('data');
      expect(await send('graphql-ws', gateway.url, ask)).toEqual({ errors: LIMITED });
    });

    it('counts what is wrong, too, but nothing without a key', async () => {
      for (let time = 0; time < 6; time += 1) await send('HTTP POST', gateway.url, { query: `{ wrong${time}` });
      expect(await send('HTTP POST', gateway.url, ask)).toEqual({ errors: LIMITED });
      for (let time = 0; time < 10; time += 1) {
        expect((await gateway.query('{ __typename }', { key: null })).status).toBe(200);
      }
    });
  });

  it('says nothing of a rate where there is no limit', async () => {
    await start({});
    const response = await sendByHttp('HTTP POST', gateway.url, { query: '{ __typename }' });
    expect([...response.headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });
});
