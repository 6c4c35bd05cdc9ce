import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createIdempotentStarts, type KeyedStart } from '../../src/runs/starts/idempotent-starts.ts';
import type { StartedRun } from '../../src/upstream/contract.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';

const MINUTE_MS = 60_000;
const start = (change: Partial<KeyedStart> = {}): KeyedStart => ({
  viewerId: 'viewer',
  identity: 'credential',
  key: 'key',
  workflowId: 'wf',
  inputs: { a: 1 },
  ...change,
});
const unknown = () => new GatewayError('UPSTREAM_TIMEOUT', 'it took too long', { outcomeIsUnknown: true });
const refused = () => new GatewayError('NOT_FOUND', 'there is no such workflow', { upstreamStatus: 404 });

/** Sends by numbers: run-1, run-2, … */
function createUpstream() {
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    started: (): Promise<StartedRun> => {
      sent += 1;
      return Promise.resolve({ runId: `run-${sent}`, message: 'started' });
    },
    failed: (error: Error) => (): Promise<StartedRun> => {
      sent += 1;
      return Promise.reject(error);
    },
  };
}

describe('starts with a key', () => {
  function create(limits: { maxBytes?: number; maxBytesOfViewer?: number } = {}) {
    const clock = createManualClock();
    return { clock, upstream: createUpstream(), starts: createIdempotentStarts({ now: clock.now, ...limits }) };
  }

  it('are one within 10 minutes of its answer', async () => {
    const { clock, upstream, starts } = create();
    const first = await starts.once(start(), upstream.started);
    clock.advance(10 * MINUTE_MS - 1);
    expect(await starts.once(start(), upstream.started)).toEqual(first);
    expect(upstream.sent).toBe(1);
    clock.advance(1);
    expect(await starts.once(start(), upstream.started)).toMatchObject({ runId: 'run-2' });
  });

  it('end earlier where that was said while it was sent, whatever else is kept', async () => {
    const { clock, upstream, starts } = create();
    await starts.once(start({ key: 'other' }), upstream.started);
    const untilMs = clock.now() + MINUTE_MS;
    await starts.once(start(), (keepUntil) => {
      keepUntil(untilMs);
      return upstream.started();
    });
    clock.advance(MINUTE_MS - 1);
    expect(await starts.once(start(), upstream.started)).toMatchObject({ runId: 'run-2' });
    clock.advance(1);
    expect(await starts.once(start(), upstream.started)).toMatchObject({ runId: 'run-3' });
  });

  it('take a list of inputs for another than an object of the same values', async () => {
    const { upstream, starts } = create();
    await starts.once(start({ inputs: { a: ['x'] } }), upstream.started);
    const other = starts.once(start({ inputs: { a: { 0: 'x' } } }), upstream.started);
    await expect(other).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  describe('where there is room for', () => {
    const KEY_BYTES = 1200;
    const limited = { code: 'RATE_LIMITED' };

    it.each(['maxBytes', 'maxBytesOfViewer'] as const)(
      'one by %s, are refused until that one is over',
      async (limit) => {
        const { clock, upstream, starts } = create({ [limit]: KEY_BYTES });
        await starts.once(start(), upstream.started);
        await expect(starts.once(start({ key: 'other' }), upstream.started)).rejects.toMatchObject(limited);
        clock.advance(10 * MINUTE_MS);
        expect(await starts.once(start({ key: 'other' }), upstream.started)).toMatchObject({ runId: 'run-2' });
      },
    );

    it('two, are refused until one is over, also while another is under way', async () => {
      const { clock, upstream, starts } = create({ maxBytes: 2 * KEY_BYTES + 100 });
      const answer = Promise.withResolvers<StartedRun>();
      const underWay = starts.once(start({ key: 'slow' }), () => answer.promise);
      await starts.once(start(), upstream.started);
      await expect(starts.once(start({ key: 'other' }), upstream.started)).rejects.toMatchObject(limited);
      clock.advance(10 * MINUTE_MS);
      expect(await starts.once(start({ key: 'other' }), upstream.started)).toMatchObject({ runId: 'run-2' });
      answer.resolve({ runId: 'run-0', message: null });
      await underWay;
    });

    it.each([
      [{ runId: 'run-1', message: 'started' }, 2 * 12],
      [{ runId: 'run-1', message: null }, 2 * 5],
    ])('two and the texts of %j, are two', async (started, textBytes) => {
      for (const missing of [0, 1]) {
        const { starts } = create({ maxBytes: 2 * KEY_BYTES + textBytes - missing });
        const send = () => Promise.resolve(started);
        await starts.once(start(), send);
        const [second] = await Promise.allSettled([starts.once(start({ key: 'other' }), send)]);
        expect(second.status).toBe(missing === 0 ? 'fulfilled' : 'rejected');
      }
    });

    it("one of each viewer, are told when the viewer's own is over", async () => {
      const { clock, upstream, starts } = create({ maxBytesOfViewer: KEY_BYTES });
      await starts.once(start({ viewerId: 'other' }), upstream.started);
      clock.advance(MINUTE_MS);
      await starts.once(start(), upstream.started);
      await expect(starts.once(start({ key: 'other' }), upstream.started)).rejects.toMatchObject({
        details: { retryAfterSeconds: 600 },
      });
    });
  });

  it('wait for the one that is under way, however long it takes', async () => {
    const { clock, upstream, starts } = create();
    const answer = Promise.withResolvers<StartedRun>();
    const all = [starts.once(start(), () => answer.promise)];
    clock.advance(20 * MINUTE_MS);
    all.push(...Array.from({ length: 9 }, () => starts.once(start(), upstream.started)));
    answer.resolve({ runId: 'run-0', message: null });
    expect((await Promise.all(all)).map(({ runId }) => runId)).toEqual(Array(10).fill('run-0'));
    clock.advance(10 * MINUTE_MS - 1);
    await starts.once(start(), upstream.started);
    expect(upstream.sent).toBe(0);
  });

  it('keep an outcome that is not known, also where the defect is the gateway’s', async () => {
    for (const error of [unknown(), new TypeError('a defect')]) {
      const { clock, upstream, starts } = create();
      for (let time = 0; time < 3; time += 1) {
        await expect(starts.once(start(), upstream.failed(error))).rejects.toBe(error);
      }
      expect(upstream.sent).toBe(1);
      clock.advance(10 * MINUTE_MS);
      await starts.once(start(), upstream.started);
      expect(upstream.sent).toBe(2);
    }
  });

  it('are free again where nothing started; who waited gets that error', async () => {
    const { upstream, starts } = create();
    const both = [starts.once(start(), upstream.failed(refused())), starts.once(start(), upstream.started)];
    for (const each of both) await expect(each).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await starts.once(start(), upstream.started)).toMatchObject({ runId: 'run-2' });
    expect(upstream.sent).toBe(2);
  });

  it('are another with another key or viewer, and an error with another workflow or other inputs', async () => {
    const { upstream, starts } = create();
    await starts.once(start(), upstream.started);
    expect(await starts.once(start({ key: 'other' }), upstream.started)).toMatchObject({ runId: 'run-2' });
    expect(await starts.once(start({ viewerId: 'other' }), upstream.started)).toMatchObject({ runId: 'run-3' });
    for (const change of [{ workflowId: 'other' }, { inputs: { a: 2 } }, { inputs: {} }, { inputs: { a: '1' } }]) {
      await expect(starts.once(start(change), upstream.started)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(upstream.sent).toBe(3);
  });

  it('know equal inputs in whatever order their fields come', async () => {
    const { upstream, starts } = create();
    const one = JSON.parse('{"b":[{"y":1,"x":2}],"__proto__":{"d":1,"c":2},"a":1}') as KeyedStart['inputs'];
    const other = JSON.parse('{"a":1,"__proto__":{"c":2,"d":1},"b":[{"x":2,"y":1}]}') as KeyedStart['inputs'];
    await starts.once(start({ inputs: one }), upstream.started);
    await starts.once(start({ inputs: other }), upstream.started);
    // A variable that is left out: the field is not sent.
    const withUnsent = Object.assign(other, { unsent: undefined });
    await starts.once(start({ inputs: withUnsent }), upstream.started);
    expect(upstream.sent).toBe(1);
    const listed = JSON.parse('{"a":1,"__proto__":{"c":2,"d":1},"b":[{"x":2,"y":2}]}') as KeyedStart['inputs'];
    await expect(starts.once(start({ inputs: listed }), upstream.started)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  it('are refused where a viewer uses too many keys, and none is forgotten for it', async () => {
    const { clock, upstream, starts } = create();
    const use = (key: string, viewerId = 'viewer') => starts.once(start({ key, viewerId }), upstream.started);
    let used = 0;
    const full = async () => {
      for (;;) {
        await use(`key-${used}`);
        used += 1;
        if (used === 1) clock.advance(MINUTE_MS);
      }
    };
    await expect(full()).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      isRetryable: true,
      details: { retryAfterSeconds: 540 },
      message:
        'idempotencyKey: no run was started, since too many of your keys of the last 10 minutes are in use. ' +
        'Try again in 540 s, or start without a key',
    });
    // 1 MiB, at some 1230 bytes each.
    expect(used).toBeGreaterThan(825);
    expect(used).toBeLessThan(875);
    expect(upstream.sent).toBe(used);
    expect(await use('key-0')).toMatchObject({ runId: 'run-1' });
    expect(await use('key-0', 'other')).toMatchObject({ runId: `run-${used + 1}` });
    clock.advance(9 * MINUTE_MS);
    // The first key has ended, which makes room for one.
    await use('one more');
    await expect(use('and another')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('are refused to nobody else where five viewers use as many as they may', async () => {
    const { upstream, starts } = create();
    const use = (viewerId: string, key: string) => starts.once(start({ viewerId, key }), upstream.started);
    for (const viewerId of ['a', 'b', 'c', 'd', 'e']) {
      const useAll = async () => {
        for (let key = 0; ; key += 1) await use(viewerId, String(key));
      };
      await expect(useAll()).rejects.toMatchObject({ message: expect.stringContaining('too many of your keys') });
    }
    await expect(use('f', 'order-1')).resolves.toMatchObject({ message: 'started' });
  });

  it('are refused where all viewers together use too many', async () => {
    const { upstream, starts } = create({ maxBytes: 3000, maxBytesOfViewer: 3000 });
    const use = (viewerId: string) => starts.once(start({ viewerId }), upstream.started);
    await use('a');
    await use('b');
    await expect(use('c')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 600 },
      message: expect.stringContaining('since too many keys of the last 10 minutes are in use'),
    });
    expect(await use('a')).toMatchObject({ runId: 'run-1' });
  });

  it('count those under way, and leave nothing behind where nothing started', async () => {
    const { upstream, starts } = create({ maxBytes: 3000, maxBytesOfViewer: 3000 });
    const answer = Promise.withResolvers<StartedRun>();
    const underWay = starts.once(start({ key: 'a' }), () => answer.promise);
    for (let time = 0; time < 10; time += 1) {
      await expect(starts.once(start({ key: 'b' }), upstream.failed(refused()))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    const another = starts.once(start({ key: 'c' }), () => answer.promise);
    await expect(starts.once(start({ key: 'd' }), upstream.started)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 1 },
    });
    answer.resolve({ runId: 'run', message: null });
    await Promise.all([underWay, another]);
  });

  type Step =
    | { readonly kind: 'PASS'; readonly ms: number }
    | {
        readonly kind: 'USE';
        readonly who: number;
        readonly what: number;
        readonly outcome: 'STARTED' | 'UNKNOWN' | 'REFUSED';
      }
    | { readonly kind: 'ANSWER'; readonly which: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('PASS' as const), ms: fc.constantFrom(1, 599_999, 600_000) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('USE' as const),
        who: fc.nat(3),
        what: fc.nat(1),
        outcome: fc.constantFrom('STARTED', 'UNKNOWN', 'REFUSED'),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('ANSWER' as const), which: fc.nat(4) }) },
  );

  it('never send twice unless nothing had started, or 10 minutes had passed since the answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, starts } = create();
        /** By key: what is known of its last send. */
        const sends = new Map<number, { what: number; answeredMs: number | null; isFree: boolean }>();
        const waiting: (() => void)[] = [];
        for (const each of steps) {
          if (each.kind === 'PASS') {
            clock.advance(each.ms);
          } else if (each.kind === 'ANSWER') {
            waiting.splice(each.which, 1)[0]?.();
            for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
          } else {
            const { who, what, outcome } = each;
            const last = sends.get(who);
            const isOver = last?.answeredMs != null && clock.now() >= last.answeredMs + 600_000;
            const mustSend = !last || last.isFree || isOver;
            let hasSent = false;
            const keyed = start({ key: `key-${who % 2}`, viewerId: `viewer-${who >> 1}`, inputs: { what } });
            const result = starts.once(keyed, () => {
              hasSent = true;
              const send = { what, answeredMs: null as number | null, isFree: false };
              sends.set(who, send);
              const answer = Promise.withResolvers<StartedRun>();
              waiting.push(() => {
                send.answeredMs = clock.now();
                send.isFree = outcome === 'REFUSED';
                if (outcome === 'STARTED') answer.resolve({ runId: 'run', message: null });
                else answer.reject(outcome === 'UNKNOWN' ? unknown() : refused());
              });
              return answer.promise;
            });
            result.catch(() => undefined);
            expect(hasSent).toBe(mustSend);
            if (!mustSend && last.what !== what) await expect(result).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
