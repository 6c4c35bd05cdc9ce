/** The right of a key to its cached data: how it is renewed, and what a rejection evicts. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { codesOf } from '../harness/operations.ts';
import type { Call, HeldCall, Reply, Script } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const REAUTH_INTERVAL_MS = 60_000;
const STALE_IF_ERROR_MS = 300_000;

const runOf = (id: string, workflowId = 'wf', field = 'outputs freshness { isStale }') =>
  `{ run(workflowId: "${workflowId}", id: "${id}") { ${field} } }`;
const reply: Script = ({ endpoint, runId }) =>
  endpoint === 'steps' ? { json: [wireStep()] } : { json: [wireRun(runId, { outputs: runId })] };
const answerOf = (id: string, isStale = false) => ({ run: { outputs: id, freshness: { isStale } } });

const clock = createManualClock();
const gateway = perTest(
  new TestGateway({
    script: reply,
    env: {
      REAUTH_INTERVAL_MS: String(REAUTH_INTERVAL_MS),
      STALE_IF_ERROR_MS: String(STALE_IF_ERROR_MS),
    },
    clock: { now: clock.now },
  }),
);
const { upstream } = gateway;

const ask = (id: string, workflowId?: string) => gateway.query(runOf(id, workflowId));

/** Caches final runs. */
async function cache(...ids: readonly string[]): Promise<void> {
  for (const id of ids) expect((await ask(id)).data).toEqual(answerOf(id));
}

describe('the right to cached runs', () => {
  const RUNS = ['a', 'b', 'c', 'd'];

  /** Queries each cached run after the right has expired. The first upstream call waits. */
  async function askInDoubt(afterMs = REAUTH_INTERVAL_MS) {
    await cache(...RUNS);
    clock.advance(afterMs);
    const before = upstream.calls.length;
    const calls = () => upstream.calls.length - before;
    const held = upstream.holdEach();
    const answers = RUNS.map((id) => ask(id));
    const first = await held.next();
    await gateway.taken();
    expect(calls()).toBe(1);
    return { held, first, calls, all: Promise.all(answers) };
  }

  it('is renewed with one call, serving other runs from cache', async () => {
    const { first, calls, all } = await askInDoubt();
    first.answer(reply);
    expect((await all).map(({ data }) => data)).toEqual(RUNS.map((id) => answerOf(id)));
    expect(calls()).toBe(1);
  });

  it.each([401, 403])('ends for all waiting requests if that call returns %i', async (status) => {
    const { first, calls, all } = await askInDoubt();
    first.answer({ status });
    for (const { data, errors } of await all) expect([data, errors.length]).toEqual([{ run: null }, 1]);
    expect(calls()).toBe(1);
    // Only the 403 itself is remembered.
    expect(gateway.cachedBytes()).toBeLessThan(500);
  });

  it('is not renewed by a 404: others make their own calls', async () => {
    const { held, first, calls, all } = await askInDoubt();
    first.answer({ status: 404 });
    const second = await held.next();
    await gateway.taken();
    // A run without a record is read by its steps, which renews the right.
    for (const call of [second, ...held.waiting]) call.answer(reply);
    upstream.script = reply;
    const answers = await all;
    expect(answers.filter(({ errors }) => errors.length === 0).length).toBeGreaterThanOrEqual(3);
    expect(calls()).toBeLessThanOrEqual(4);
  });

  it('allows stale responses for STALE_IF_ERROR_MS while its renewal fails', async () => {
    const { first, calls, all } = await askInDoubt(REAUTH_INTERVAL_MS + STALE_IF_ERROR_MS);
    first.answer({ status: 500 });
    expect((await all).map(({ data }) => data)).toEqual(RUNS.map((id) => answerOf(id, true)));
    expect(calls()).toBe(1);
    clock.advance(1001);
    upstream.script = () => ({ status: 500 });
    expect(codesOf(await ask('a'))).toEqual(['UPSTREAM_UNAVAILABLE']);
  });

  it('is renewed by any call, without waiting for a hanging workflow', async () => {
    await cache('mine', 'later');
    await ask('theirs', 'slow');
    clock.advance(REAUTH_INTERVAL_MS);
    const held = upstream.holdEach();
    const hanging = ask('theirs', 'slow');
    const slow = await held.next();
    const mine = ask('mine');
    (await held.next()).answer(reply);
    expect((await mine).data).toEqual(answerOf('mine'));
    expect(await upstream.callsOf(() => ask('later'))).toBe(0);
    slow.answer({ status: 403 });
    expect(codesOf(await hanging)).toEqual(['FORBIDDEN']);
  });

  // A first 403 evicts the run, and later ones keep it. Repeated 503s would open the circuit breaker.
  it.each([
    [403, 4],
    [503, 1],
  ])('leaves a cached run to its own call after a %i', async (status, times) => {
    const listAndRun = `{
      workflow(id: "wf") { runs(first: 1) { nodes { id } } }
      run(workflowId: "wf", id: "mine") { outputs freshness { isStale } }
    }`;
    await cache('mine');
    upstream.script = (call) => (call.endpoint === 'runs' ? { status } : reply(call));
    for (let time = 0; time < times; time += 1) {
      clock.advance(REAUTH_INTERVAL_MS);
      const { data, errors } = await gateway.query(listAndRun);
      expect(data).toMatchObject(answerOf('mine'));
      expect(errors.map(({ path }) => path)).toEqual([['workflow', 'runs']]);
    }
  });

  it('is renewed per request with REAUTH_INTERVAL_MS=0, caching no whole responses', async () => {
    await gateway.restart({ env: { REAUTH_INTERVAL_MS: '0', STALE_IF_ERROR_MS: '' } });
    await cache('a', 'b');
    for (let time = 0; time < 2; time += 1) {
      const calls = await upstream.callsOf(async () => {
        const { data, headers } = await ask('a');
        expect([data, headers.get('cache-control')]).toEqual([answerOf('a'), 'no-store']);
      });
      expect(calls).toBe(1);
    }
  });

  it('begins with a successful call, even after a failed one', async () => {
    const held = upstream.holdEach();
    const answer = gateway.query(runOf('a', 'wf', 'outputs stepCounts { total }'));
    const calls = [await held.next(), await held.next()];
    const [steps, record] = calls.sort((one) => (one.endpoint === 'steps' ? -1 : 1));
    steps?.answer({ status: 500 });
    await gateway.taken();
    record?.answer(reply);
    expect((await answer).data).toEqual({ run: { outputs: 'a', stepCounts: null } });
    expect(await upstream.callsOf(() => ask('a'))).toBe(0);
  });

  it.each<readonly [string, Reply]>([
    ['is refused', { status: 401 }],
    ['is forbidden', { status: 403 }],
    ['fails', { status: 500 }],
    ['gets HTML', { raw: '<html>' }],
    ['finds nothing', { status: 404 }],
  ])('does not begin with a call that %s: nothing is cached', async (_, given) => {
    upstream.script = () => given;
    expect(codesOf(await ask('a'))).toHaveLength(1);
    expect(gateway.cachedBytes()).toBe(0);
  });
});

describe('a rejection by the upstream', () => {
  const FORBIDDEN = ['FORBIDDEN'];
  /** Calls that the upstream rejects by 403. */
  let isDenied: (call: Call) => boolean;
  const denyRuns = (...workflowIds: readonly string[]): void => {
    isDenied = ({ workflowId }) => workflowIds.includes(workflowId);
  };

  beforeEach(() => {
    denyRuns('theirs', 'others');
    upstream.script = (call) => {
      if (isDenied(call)) return { status: 403 };
      if (call.endpoint === 'runs') return { json: [wireRun('listed')] };
      return reply(call);
    };
  });

  it('keeps the list of a workflow after repeated 403s of steps', async () => {
    isDenied = ({ endpoint, workflowId }) => workflowId === 'theirs' && endpoint !== 'runs';
    const list = '{ workflow(id: "theirs") { runs(first: 1) { nodes { id stepCounts { total } } } } }';
    await cache('mine');
    expect(await gateway.codes(list)).toEqual(FORBIDDEN);
    await gateway.codes(list);
    for (let time = 0; time < 3; time += 1) {
      const calls = await upstream.callsOf(async () => {
        expect(await gateway.codes(list)).toEqual(FORBIDDEN);
      });
      expect(calls).toBe(1);
    }
  });

  it('evicts a listed run on 403 if it needs no call', async () => {
    const record = () => gateway.codes(runOf('listed', 'theirs', 'status'));
    const list = () => gateway.data('{ workflow(id: "theirs") { runs(first: 1) { nodes { id } } } }');
    isDenied = ({ endpoint, workflowId }) => workflowId === 'theirs' && endpoint === 'run';
    expect(await record()).toEqual(FORBIDDEN);
    await list();
    expect(await record()).toEqual([]);
    clock.advance(REAUTH_INTERVAL_MS);
    for (let time = 0; time < 2; time += 1) expect(await record()).toEqual(FORBIDDEN);
  });

  it('forbids only a run whose graph is read after 403 for workflows', async () => {
    isDenied = ({ endpoint }) => endpoint === 'workflows';
    expect(await gateway.codes(runOf('mine', 'wf', 'outputs criticalPath { isInferred }'))).toEqual(FORBIDDEN);
    await cache('mine');
  });

  it('lets a pending call serve its own requests after 403, uncached', async () => {
    await cache('mine');
    const held = upstream.holdEach();
    const late = ask('slow', 'theirs');
    const slow = await held.next();
    const denied = ask('r1', 'theirs');
    const other: HeldCall = await held.next();
    other.answer({ status: 403 });
    expect(codesOf(await denied)).toEqual(FORBIDDEN);
    slow.answer(reply);
    expect((await late).data).toEqual(answerOf('slow'));
    upstream.script = reply;
    expect(await upstream.callsOf(() => ask('slow', 'theirs'))).toBe(1);
    expect(await upstream.callsOf(() => ask('slow', 'theirs'))).toBe(0);
  });

  it('shares but does not cache a call that began before a 401', async () => {
    await cache('mine');
    const held = upstream.holdEach();
    const before = ask('slow');
    const slow = await held.next();
    const refused = ask('r1');
    (await held.next()).answer({ status: 401 });
    expect(codesOf(await refused)).toEqual(['UNAUTHENTICATED']);
    const after = ask('slow');
    await gateway.taken();
    expect(held.waiting).toHaveLength(1);
    slow.answer(reply);
    for (const { data } of await Promise.all([before, after])) expect(data).toEqual(answerOf('slow'));
    expect(gateway.cachedBytes()).toBe(0);
    upstream.script = reply;
    expect(await upstream.callsOf(() => ask('slow'))).toBe(1);
  });

  it('matches a model for random schedules of 401s, 403s and expiries', async () => {
    let schedule = 0;
    /** Viewers and workflows that the upstream rejects now. */
    const [revoked, forbidden] = [new Set<string>(), new Set<string>()];
    upstream.script = (call) => {
      if (revoked.has(call.key ?? '')) return { status: 401 };
      return forbidden.has(`${call.key} ${call.workflowId}`) ? { status: 403 } : reply(call);
    };
    const toggle = (set: Set<string>, name: string) => {
      if (!set.delete(name)) set.add(name);
    };
    const action = fc.record({
      does: fc.constantFrom('ask', 'ask', 'ask', 'ask', 'ask', 'ask', 'revoke', 'forbid', 'forbid', 'expire'),
      viewer: fc.constantFrom('ada', 'bob'),
      workflow: fc.constantFrom('a', 'b'),
      run: fc.constantFrom('r1', 'r2'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        schedule += 1;
        /** Cached runs, remembered 403s, and the end of each right. */
        const [cached, refused, rights] = [new Set<string>(), new Set<string>(), new Map<string, number>()];
        const drop = (prefix: string) => {
          for (const name of cached) if (name.startsWith(prefix)) cached.delete(name);
        };
        for (const { does, viewer, workflow, run } of actions) {
          const key = `${viewer}-${schedule}`;
          const ofWorkflow = `${key} ${workflow}`;
          if (does === 'revoke') toggle(revoked, key);
          if (does === 'forbid') toggle(forbidden, ofWorkflow);
          if (does === 'expire') clock.advance(REAUTH_INTERVAL_MS / 2);
          if (does !== 'ask') continue;
          const name = `${ofWorkflow} ${run}`;
          const isCall = !cached.has(name) || clock.now() >= (rights.get(key) ?? 0);
          let expected: readonly string[] = [];
          if (isCall && revoked.has(key)) {
            expected = ['UNAUTHENTICATED'];
            drop(`${key} `);
            rights.delete(key);
            for (const each of refused) if (each.startsWith(`${key} `)) refused.delete(each);
          } else if (isCall && forbidden.has(ofWorkflow)) {
            expected = FORBIDDEN;
            // A cached run was allowed, so this 403 is new.
            if (!refused.has(ofWorkflow) || cached.has(name)) drop(`${ofWorkflow} `);
            if (rights.has(key)) refused.add(ofWorkflow);
          } else if (isCall) {
            cached.add(name);
            refused.delete(ofWorkflow);
            rights.set(key, clock.now() + REAUTH_INTERVAL_MS);
          }
          const before = upstream.calls.length;
          const codes = await gateway.codes(runOf(run, workflow, 'outputs'), { key });
          expect({ name, codes, calls: upstream.calls.length - before }).toEqual({
            ...{ name, codes: expected, calls: isCall ? 1 : 0 },
          });
        }
      }),
      { numRuns: 100, seed: 20_261_130 },
    );
  });
});
