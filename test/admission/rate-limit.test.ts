import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { send, sendByHttp, TRANSPORTS } from '../harness/transports.ts';

const ASK = { query: '{ run(workflowId: "wf", id: "r1") { status } }' };
const ANSWER = { data: { run: { status: 'COMPLETED' } } };
const LIMITED = [
  {
    message: 'Rate limit exceeded: 6 operations per minute. Try again in 10 s.',
    extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 10, requestId: expect.any(String) },
  },
];

describe('the rate limit of a key', () => {
  const clock = createManualClock();
  const gateway = perTest(
    new TestGateway({ env: { LIVE_TTL_MS: '0', RATE_LIMIT_PER_MINUTE: '6' }, clock: { now: clock.now } }),
  );
  const { upstream } = gateway;

  const post = (key = 'key-1', headers = {}) => sendByHttp('HTTP POST', gateway.url, ASK, key, headers);
  const statusesOf = async (count: number) => {
    const statuses: number[] = [];
    while (statuses.length < count) statuses.push((await post()).status);
    return statuses;
  };

  it('counts new, known and cached operations, and sends the remaining number', async () => {
    const left: (string | null)[] = [];
    for (let time = 0; time < 6; time += 1) {
      const response = await post();
      expect(await response.json()).toEqual(ANSWER);
      expect([response.headers.get('ratelimit-limit'), response.headers.get('retry-after')]).toEqual(['6', null]);
      left.push(response.headers.get('ratelimit-remaining'), response.headers.get('ratelimit-reset'));
    }
    expect(left).toEqual(['5', '10', '4', '20', '3', '30', '2', '40', '1', '50', '0', '60']);
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const refused = await post('key-1', { accept });
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

  it('allows another operation every tenth of a minute, ignoring rejected ones', async () => {
    expect(await statusesOf(10)).toEqual([200, 200, 200, 200, 200, 200, 429, 429, 429, 429]);
    clock.advance(9_999);
    expect((await post()).headers.get('retry-after')).toBe('1');
    clock.advance(1);
    expect(await statusesOf(2)).toEqual([200, 429]);
    clock.advance(60_000);
    expect(await statusesOf(7)).toEqual([200, 200, 200, 200, 200, 200, 429]);
    // After the clock is set back, operations are still allowed.
    clock.advance(-3_600_000);
    expect((await post()).headers.get('retry-after')).toBe('10');
  });

  it('sends rate limit headers with a rejection', async () => {
    const headers = { authorization: 'Bearer key-1', accept: 'image/png' };
    const response = await fetch(`${gateway.url}/graphql?query={__typename}`, { headers });
    expect(response.status).toBe(406);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'ratelimit-limit': '6',
      'ratelimit-remaining': '5',
    });
  });

  it('counts 304 responses', async () => {
    const first = await sendByHttp('HTTP GET', gateway.url, ASK);
    const validator = { 'if-none-match': first.headers.get('etag') ?? '' };
    for (const left of ['4', '3', '2', '1', '0']) {
      const again = await sendByHttp('HTTP GET', gateway.url, ASK, 'key-1', validator);
      expect([again.status, again.headers.get('ratelimit-remaining')]).toEqual([304, left]);
    }
    expect((await sendByHttp('HTTP GET', gateway.url, ASK, 'key-1', validator)).status).toBe(429);
  });

  it('applies across all transports, but not across keys', async () => {
    for (let time = 0; time < 6; time += 1) {
      const transport = TRANSPORTS[time % TRANSPORTS.length] ?? 'HTTP POST';
      expect(await send(transport, gateway.url, ASK)).toEqual(ANSWER);
    }
    const calls = upstream.calls.length;
    for (const transport of TRANSPORTS) {
      expect(await send(transport, gateway.url, ASK)).toEqual({ errors: LIMITED });
      expect(await send(transport, gateway.url, ASK, 'key-2')).toHaveProperty('data');
    }
    expect(upstream.calls.filter(({ key }) => key === 'key-1')).toHaveLength(calls);
  });

  it('counts invalid operations, but not requests without a key', async () => {
    for (let time = 0; time < 6; time += 1) await send('HTTP POST', gateway.url, { query: `{ wrong${time}` });
    expect(await send('HTTP POST', gateway.url, ASK)).toEqual({ errors: LIMITED });
    for (let time = 0; time < 10; time += 1) {
      expect((await gateway.query('{ __typename }', { key: null })).status).toBe(200);
    }
  });

  it('sends no rate limit headers without a limit', async () => {
    await gateway.restart({ env: { RATE_LIMIT_PER_MINUTE: '' } });
    expect([...(await post()).headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });
});
