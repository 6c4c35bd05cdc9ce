import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { type GraphqlAnswer, TestGateway } from '../harness/gateway.ts';
import {
  execute,
  EXECUTE,
  executeMany,
  runIn,
  StartingUpstream,
  type StartVariables,
  TEN_MINUTES_MS,
} from '../harness/keyed-starts.ts';
import { perTest } from '../harness/lasting.ts';
import { codesOf } from '../harness/operations.ts';
import { send } from '../harness/transports.ts';
import { until } from '../harness/until.ts';
import type { Reply } from '../harness/upstream.ts';

const MINUTE_MS = 60_000;

describe('executeWorkflow', () => {
  const clock = createManualClock();

  const upstream = perTest(new StartingUpstream());
  const gateway = perTest(new TestGateway({ upstream, clock: { now: clock.now } }));

  const start = (variables: StartVariables = {}) => execute(gateway, variables);

  const startMany = (count: number, prefix: string, key?: string) => executeMany(gateway, count, prefix, key);

  it('starts a run each time without an idempotency key, or with null', async () => {
    const ids = [await start({ idempotencyKey: null }), await start({ idempotencyKey: null })].map(runIn);
    ids.push(runIn(await gateway.query(EXECUTE)));
    expect(ids).toEqual(['run-1', 'run-2', 'run-3']);
  });

  it('starts one run per key if the first client has disconnected', async () => {
    const answer = upstream.hold();
    const leaving = new AbortController();
    const variables = { inputs: { subject: 'secret' }, idempotencyKey: 'a' };
    const gone = gateway.query(EXECUTE, { variables, signal: leaving.signal });
    await upstream.nextCall();
    leaving.abort();
    await expect(gone).rejects.toThrow();
    const again = start();
    answer();
    expect(runIn(await again)).toBe('run-1');
    expect(upstream.starts()).toBe(1);
  });

  it('starts one run per key over all transports, and within one operation', async () => {
    const variables = { idempotencyKey: 'a', inputs: {} };
    runIn(await start(variables));
    for (const transport of ['HTTP POST', 'graphql-ws', 'graphql-sse'] as const) {
      const { data } = await send(transport, gateway.url, { query: EXECUTE, variables });
      expect(data).toMatchObject({ executeWorkflow: { run: { id: 'run-1' } } });
    }
    const field = 'executeWorkflow(workflowId: "wf", inputs: {}, idempotencyKey: "a") { run { id } }';
    // The operation is compiled from the third time on.
    for (let time = 0; time < 3; time += 1) {
      const { data } = await gateway.query(`mutation { a: ${field} b: ${field} }`);
      expect(data).toEqual({ a: { run: { id: 'run-1' } }, b: { run: { id: 'run-1' } } });
    }
    expect(upstream.starts()).toBe(1);
  });

  it('rejects a used key for other inputs, ignoring field order', async () => {
    const inputs = JSON.parse('{"b":[{"y":1,"x":2}],"__proto__":{"d":1,"c":2},"a":["x"]}') as unknown;
    const reordered = JSON.parse('{"a":["x"],"__proto__":{"c":2,"d":1},"b":[{"x":2,"y":1}]}') as unknown;
    runIn(await start({ inputs }));
    expect(runIn(await start({ inputs: reordered }))).toBe('run-1');
    const others = [
      '{"a":["x"],"__proto__":{"c":2,"d":1},"b":[{"x":2,"y":2}]}',
      '{"a":{"0":"x"},"__proto__":{"c":2,"d":1},"b":[{"x":2,"y":1}]}',
      '{"a":["x"],"__proto__":{"c":2,"d":1},"b":[{"x":"2","y":1}]}',
      '{"a":["x"],"b":[{"x":2,"y":1}]}',
      '{}',
    ].map((text) => ({ inputs: JSON.parse(text) as unknown }));
    for (const change of [...others, { inputs, workflowId: 'other' }]) {
      const { data, errors } = await start(change);
      expect(data).toEqual({ executeWorkflow: null });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', retryable: false } }]);
    }
    expect(upstream.starts()).toBe(1);
  });

  it('treats a missing variable inside the inputs as a missing field', async () => {
    const ask = (variables: string, inputs: string) =>
      gateway.query(
        `mutation ${variables} { executeWorkflow(workflowId: "wf", idempotencyKey: "a", inputs: ${inputs}) { message run { id } } }`,
      );
    expect(runIn(await ask('($y: String)', '{ x: 1, y: $y }'))).toBe('run-1');
    expect(runIn(await ask('', '{ x: 1 }'))).toBe('run-1');
  });

  it('never returns the run of another caller or key', async () => {
    const ids = new Set<string>();
    for (let time = 0; time < 2; time += 1) {
      for (const key of ['key-1', 'key-2', 'key-3']) {
        for (const idempotencyKey of ['a', 'b']) ids.add(runIn(await start({ key, idempotencyKey })));
      }
    }
    expect(ids.size).toBe(6);
    const sent = upstream.calls.filter(({ endpoint }) => endpoint === 'execute').map(({ key }) => key);
    expect(sent).toEqual(['key-1', 'key-1', 'key-2', 'key-2', 'key-3', 'key-3']);
  });

  it.each<[string, Reply]>([
    ['breaks the connection', { raw: 'x'.repeat(100), cutAfter: 3 }],
    ['answers 408', { status: 408 }],
    ['answers 409', { status: 409 }],
  ])('does not send again if the upstream %s: the outcome stays unknown', async (_, reply) => {
    upstream.reply(reply);
    const [first] = (await start()).errors;
    expect(first?.extensions).toMatchObject({ outcomeIsUnknown: true, retryable: false });
    upstream.script = upstream.numbered;
    for (let time = 0; time < 2; time += 1) {
      const { data, errors } = await start();
      expect(data).toEqual({ executeWorkflow: null });
      expect(errors).toMatchObject([
        { message: first?.message, extensions: { code: first?.extensions.code, outcomeIsUnknown: true } },
      ]);
      expect(errors[0]?.extensions.requestId).not.toBe(first?.extensions.requestId);
    }
    expect(upstream.starts()).toBe(1);
    clock.advance(TEN_MINUTES_MS);
    expect(runIn(await start())).toBe('run-2');
  });

  it.each([400, 401, 403, 404, 429])("returns the upstream's %i to all who wait, then retries", async (status) => {
    const answer = upstream.hold({ status });
    const all = Array.from({ length: 3 }, () => start());
    await until(() => upstream.starts() > 0);
    answer();
    const refusals = await Promise.all(all);
    for (const { errors } of refusals) expect(errors).toMatchObject([{ extensions: { upstreamStatus: status } }]);
    expect(refusals[0]?.errors[0]?.extensions).not.toHaveProperty('outcomeIsUnknown');
    const before = upstream.starts();
    upstream.script = upstream.numbered;
    expect(runIn(await start())).toBe(`run-${before + 1}`);
  });

  it('sends a start again if the first request never left', async () => {
    await upstream.close();
    expect((await start()).errors).toMatchObject([{ extensions: { retryable: true } }]);
    await upstream.listen();
    expect(runIn(await start())).toBe('run-1');
  });

  it.each([
    ['', 'an empty string'],
    ['a'.repeat(256), '256 characters'],
    ['a\nb', 'a control character'],
    ['a\u0085b', 'a control character'],
    ['\ud800', 'half of a surrogate pair'],
  ])('rejects the idempotency key %j without a call', async (idempotencyKey, got) => {
    const { errors } = await start({ idempotencyKey });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors[0]?.message).toMatch(new RegExp(`^idempotencyKey must have .*got ${got}\\.$`));
    expect(upstream.calls).toEqual([]);
  });

  it('accepts any other idempotency key of up to 255 characters', async () => {
    const idempotencyKey = '🐝 __proto__ '.repeat(30).slice(0, 254);
    for (let time = 0; time < 2; time += 1) expect(runIn(await start({ idempotencyKey }))).toBe('run-1');
  });

  describe('many idempotency keys', () => {
    it('rejects a new key beyond 1 MiB, and forgets none early', async () => {
      upstream.reply({ json: { run_id: 'run', message: 'x'.repeat(5000) } });
      let batches = 0;
      let refused: GraphqlAnswer;
      do {
        refused = await startMany(25, String(batches));
        batches += 1;
        if (batches === 1) clock.advance(MINUTE_MS);
      } while (refused.errors.length === 0);
      expect(refused.errors[0]?.extensions).toMatchObject({
        ...{ code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 540 },
      });
      expect(refused.errors[0]?.message).toContain('from this caller');
      const sent = upstream.starts();
      expect(sent).toBeGreaterThan(70);
      expect(sent).toBeLessThan(110);
      expect((await startMany(25, '0')).errors).toEqual([]);
      expect(upstream.starts()).toBe(sent);
      expect((await start({ key: 'key-2' })).errors).toEqual([]);
      clock.advance(9 * MINUTE_MS);
      // The keys of the first operation have expired, which frees their space.
      expect((await startMany(25, 'new')).errors).toEqual([]);
      expect(codesOf(await start())).toEqual(['RATE_LIMITED']);
      expect((await start({ idempotencyKey: null })).errors).toEqual([]);
    });

    it('counts messages of the upstream, up to 8 MiB for all callers', async () => {
      // 128 KiB in memory: a caller has space for 8, and the process for 64.
      upstream.reply({ json: { run_id: 'run', message: 'x'.repeat(65_000) } });
      for (let caller = 1; caller <= 8; caller += 1) {
        // An unaccepted key makes few calls at a time.
        expect((await startMany(8, 'a', `key-${caller}`)).errors).toEqual([]);
        const { errors } = await start({ key: `key-${caller}` });
        expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 600 } }]);
        expect(errors[0]?.message).toContain('from this caller');
      }
      const { errors } = await start({ key: 'key-9' });
      expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 600 } }]);
      expect(errors[0]?.message).toContain('in total');
      expect((await startMany(8, 'a', 'key-1')).errors).toEqual([]);
      expect(upstream.starts()).toBe(64);
    });

    it('stores nothing for rejected starts, and counts pending ones', async () => {
      upstream.reply({ json: { run_id: 'run', message: 'x'.repeat(65_000) } });
      expect((await startMany(7, 'a')).errors).toEqual([]);
      // There is space for some hundred more.
      upstream.reply({ status: 404 });
      for (let batch = 0; batch < 8; batch += 1) {
        expect(new Set(codesOf(await startMany(25, String(batch))))).toEqual(new Set(['NOT_FOUND']));
      }
      const answer = upstream.hold();
      const all = Array.from({ length: 150 }, (_, index) => start({ idempotencyKey: `slow ${index}` }));
      expect(codesOf(await Promise.race(all))).toEqual(['RATE_LIMITED']);
      answer();
      await Promise.all(all);
    });
  });

  it('starts at most MAX_UPSTREAM_CALLS runs per operation', async () => {
    await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '2' } });
    expect(codesOf(await startMany(3, 'a'))).toEqual(['UPSTREAM_BUDGET_EXCEEDED']);
    expect(upstream.starts()).toBe(2);
  });

  it('keeps the cached data after a failed start, even a 403', async () => {
    const stepsCalls = async () => {
      expect((await gateway.query('{ run(workflowId: "wf", id: "r1") { steps { id } } }')).errors).toEqual([]);
      return upstream.count('steps');
    };
    const callsAfter = async (status: number) => {
      upstream.reply(status === 200 ? { json: { run_id: 'r', message: null } } : { status });
      await start({ idempotencyKey: null });
      return stepsCalls();
    };
    expect(await stepsCalls()).toBe(1);
    for (const status of [404, 403, 403, 200, 403]) expect(await callsAfter(status)).toBe(1);
  });

  type Step =
    | { readonly kind: 'PASS'; readonly ms: number }
    | { readonly kind: 'START'; readonly who: number; readonly what: number; readonly outcome: number }
    | { readonly kind: 'ANSWER'; readonly which: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('PASS'), ms: fc.constantFrom(1, 599_999, 600_000) }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('START'), who: fc.nat(3), what: fc.nat(1), outcome: fc.nat(2) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('ANSWER'), which: fc.nat(4) }) },
  );
  const OUTCOMES: readonly Reply[] = [{ json: { run_id: 'run', message: null } }, { status: 500 }, { status: 404 }];
  const REFUSED = 2;

  interface Sent {
    readonly what: number;
    readonly outcome: number;
    readonly answer: () => void;
    readonly waiting: Promise<GraphqlAnswer>[];
    answeredMs: number | null;
  }

  it('sends again only after a rejection or expiry, for any schedule', async () => {
    let schedule = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        schedule += 1;
        const latest = new Map<number, Sent>();
        const underWay: Sent[] = [];
        const answerOf = async (sent: Sent) => {
          underWay.splice(underWay.indexOf(sent), 1);
          sent.answer();
          const answers = await Promise.all(sent.waiting);
          sent.answeredMs = clock.now();
          for (const { errors } of answers) expect(errors).toHaveLength(sent.outcome === 0 ? 0 : 1);
        };
        for (const each of steps) {
          if (each.kind === 'PASS') {
            clock.advance(each.ms);
          } else if (each.kind === 'ANSWER') {
            const sent = underWay[each.which];
            if (sent) await answerOf(sent);
          } else {
            const { who, what, outcome } = each;
            const last = latest.get(who);
            const isUnderWay = last?.answeredMs === null;
            const isOver = last?.answeredMs != null && clock.now() >= last.answeredMs + TEN_MINUTES_MS;
            const isSent = !last || isOver || (!isUnderWay && last.outcome === REFUSED);
            // A request that comes after the rejection is correctly sent again.
            if (isUnderWay && last.outcome === REFUSED) continue;
            const before = upstream.starts();
            const release = isSent ? upstream.hold(OUTCOMES[outcome]) : () => undefined;
            const workflowId = `wf-${schedule}-${who}`;
            const idempotencyKey = `${schedule} ${who % 2}`;
            const key = `key-${who >> 1}`;
            const answer = start({ workflowId, idempotencyKey, key, inputs: { what } });
            if (isSent) {
              await until(() => upstream.starts() > before);
              const sent = { what, outcome, answer: release, waiting: [answer], answeredMs: null };
              latest.set(who, sent);
              underWay.push(sent);
            } else if (last.what !== what) {
              expect(codesOf(await answer)).toEqual(['BAD_USER_INPUT']);
            } else if (isUnderWay) {
              last.waiting.push(answer);
            } else {
              expect((await answer).errors).toHaveLength(last.outcome === 0 ? 0 : 1);
            }
            expect(upstream.starts()).toBe(before + (isSent ? 1 : 0));
          }
        }
        for (const sent of [...underWay]) await answerOf(sent);
      }),
      { numRuns: 25 },
    );
  });
});
