import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { healthy, type Reply, type Script } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN = `{ run(workflowId: "wf", id: "r1") { status stepCounts { total } freshness { isFinal isStale staleReason } } }`;
const SECRET = 'patient-record-4711';

describe('a failing upstream', () => {
  const unhandled = jest.fn();
  const clock = createManualClock();
  const gateway = perTest(
    new TestGateway({
      env: { UPSTREAM_TIMEOUT_MS: '1500', UPSTREAM_MAX_RESPONSE_BYTES: '65536' },
      clock: { now: clock.now },
    }),
  );
  const { upstream } = gateway;
  beforeEach(() => {
    unhandled.mockClear();
    process.on('unhandledRejection', unhandled);
  });
  afterEach(() => {
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  const running = (): void => {
    upstream.script = ({ endpoint, runId }) => ({
      json:
        endpoint === 'run' ? [wireRun(runId, { status: 'running', end_time: null })] : [wireStep({ end_time: null })],
    });
  };

  it.each<readonly [string, Reply | Script]>([
    ['UPSTREAM_UNAVAILABLE', { status: 500 }],
    ['RATE_LIMITED', { status: 429, headers: { 'retry-after': '7' } }],
    ['UPSTREAM_TIMEOUT', ({ cut }) => cut.then(() => ({}))],
  ])('causes stale responses with the reason %s', async (code, reply) => {
    running();
    await gateway.query(RUN);
    clock.advance(1000);
    upstream.script = typeof reply === 'function' ? reply : () => reply;
    const { data } = await gateway.query(RUN);
    const staleReason = expect.stringMatching(`^${code}: `);
    expect(data).toMatchObject({ run: { status: 'RUNNING', freshness: { isStale: true, staleReason } } });
  });

  it('marks the run stale after one failed call, then retries', async () => {
    running();
    await gateway.query(RUN);
    clock.advance(1000);
    upstream.script = (call) => (call.endpoint === 'steps' ? { status: 500 } : healthy(call));
    const ended = { status: 'COMPLETED', stepCounts: { total: 1 } };
    expect((await gateway.query(RUN)).data).toMatchObject({ run: { ...ended, freshness: { isStale: true } } });
    clock.advance(1000);
    upstream.script = healthy;
    const freshness = { isFinal: true, isStale: false, staleReason: null };
    expect((await gateway.query(RUN)).data).toEqual({ run: { ...ended, freshness } });
  });

  it('is not called again by every request', async () => {
    running();
    await gateway.query(RUN);
    upstream.script = () => ({ status: 500 });
    clock.advance(1000);
    await gateway.query(RUN);
    const afterFirst = upstream.calls.length;
    await Promise.all([gateway.query(RUN), gateway.query(RUN), gateway.query(RUN)]);
    expect(upstream.calls).toHaveLength(afterFirst);
  });

  it('causes no stale response with a 401, 403 or 404', async () => {
    for (const [status, code] of [
      [404, 'NOT_FOUND'],
      [401, 'UNAUTHENTICATED'],
      [403, 'FORBIDDEN'],
    ] as const) {
      running();
      clock.advance(2000);
      expect((await gateway.query(RUN)).errors).toEqual([]);
      upstream.script = () => ({ status });
      clock.advance(2000);
      const { data, errors } = await gateway.query(RUN);
      expect(data).toEqual({ run: null });
      expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
      // The earlier answer is evicted.
      upstream.script = () => ({ status: 500 });
      clock.advance(1000);
      expect((await gateway.query(RUN)).data).toEqual({ run: null });
    }
  });

  it.each<readonly [string, Reply, string]>([
    ['half a JSON', { raw: `[{"id":"${SECRET}"` }, 'UPSTREAM_CONTRACT_VIOLATION'],
    ['a cut connection', { raw: JSON.stringify([wireStep()]), cutAfter: 20 }, 'UPSTREAM_UNAVAILABLE'],
    ['20 MB', { raw: Buffer.alloc(20_000_000, ' ') }, 'UPSTREAM_CONTRACT_VIOLATION'],
    ['400', { status: 400, json: { detail: SECRET } }, 'BAD_USER_INPUT'],
    ['418', { status: 418, json: { detail: SECRET } }, 'UPSTREAM_CONTRACT_VIOLATION'],
    ['503', { status: 503, json: { detail: SECRET } }, 'UPSTREAM_UNAVAILABLE'],
  ])('gets the matching error for %s, and is never quoted', async (_, reply, code) => {
    running();
    await gateway.query(RUN, { key: 'key-2' });
    upstream.script = () => reply;
    clock.advance(1000);
    const stale = (await gateway.query(RUN, { key: 'key-2' })).errors.length === 0;
    expect(stale).toBe(code === 'UPSTREAM_UNAVAILABLE');
    const answer = await gateway.query(RUN);
    expect(answer.data).toEqual({ run: null });
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    upstream.script = healthy;
    expect((await gateway.query(RUN)).errors).toEqual([]);
  });
});
