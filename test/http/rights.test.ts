/** The right of a key to its cached data: how it is renewed, and what a refusal evicts. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Call, Reply, Script } from '../harness/faulty-upstream.ts';
import { codesOf } from '../harness/operations.ts';
import { startRunsScene, type HeldCall } from '../harness/runs-scene.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { perTest } from '../harness/lasting.ts';

const REAUTH_INTERVAL_MS = 60_000;
const STALE_IF_ERROR_MS = 300_000;

const runOf = (id: string, workflowId = 'wf', field = 'outputs freshness { isStale }') =>
  `{ run(workflowId: "${workflowId}", id: "${id}") { ${field} } }`;
const reply: Script = ({ endpoint, runId }) =>
  endpoint === 'steps' ? { json: [wireStep()] } : { json: [wireRun(runId, { outputs: runId })] };
const answerOf = (id: string, isStale = false) => ({ run: { outputs: id, freshness: { isStale } } });

const scene = perTest(() =>
  startRunsScene(
    {
      REAUTH_INTERVAL_MS: String(REAUTH_INTERVAL_MS),
      STALE_IF_ERROR_MS: String(STALE_IF_ERROR_MS),
    },
    reply,
  ),
);

const ask = (id: string, workflowId?: string) => scene.gateway.query(runOf(id, workflowId));

/** Caches final runs. */
async function cache(...ids: readonly string[]): Promise<void> {
  for (const id of ids) expect((await ask(id)).data).toEqual(answerOf(id));
}

describe('the right to cached runs', () => {
  const RUNS = ['a', 'b', 'c', 'd'];

  /** Queries each cached run after the right has expired. The first upstream call waits. */
  async function askInDoubt(afterMs = REAUTH_INTERVAL_MS) {
    await cache(...RUNS);
    scene.clock.advance(afterMs);
    const before = scene.upstream.calls.length;
    const calls = () => scene.upstream.calls.length - before;
    const held = scene.hold();
    const answers = RUNS.map((id) => ask(id));
    const first = await held.next();
    await scene.taken();
    expect(calls()).toBe(1);
    return { held, first, calls, all: Promise.all(answers) };
  }

  it('is renewed by one call, and the other runs are served from the cache', async () => {
    const { first, calls, all } = await askInDoubt();
    first.answer(reply);
    expect((await all).map(({ data }) => data)).toEqual(RUNS.map((id) => answerOf(id)));
    expect(calls()).toBe(1);
  });

  it.each([401, 403])('ends for all waiting requests if that call is answered by %i', async (status) => {
    const { first, calls, all } = await askInDoubt();
    first.answer({ status });
    for (const { data, errors } of await all) expect([data, errors.length]).toEqual([{ run: null }, 1]);
    expect(calls()).toBe(1);
    expect(scene.gateway.cachedBytes()).toBe(0);
  });

  it('is not renewed by a 404: the other requests make their own calls', async () => {
    const { held, first, calls, all } = await askInDoubt();
    first.answer({ status: 404 });
    const second = await held.next();
    await scene.taken();
    // A run without a record is read by its steps, which renews the right.
    for (const call of [second, ...held.waiting]) call.answer(reply);
    scene.upstream.script = reply;
    const answers = await all;
    expect(answers.filter(({ errors }) => errors.length === 0).length).toBeGreaterThanOrEqual(3);
    expect(calls()).toBeLessThanOrEqual(4);
  });

  it('lets stale answers be served for STALE_IF_ERROR_MS while that call fails', async () => {
    const { first, calls, all } = await askInDoubt(REAUTH_INTERVAL_MS + STALE_IF_ERROR_MS);
    first.answer({ status: 500 });
    expect((await all).map(({ data }) => data)).toEqual(RUNS.map((id) => answerOf(id, true)));
    expect(calls()).toBe(1);
    scene.clock.advance(1001);
    scene.upstream.script = () => ({ status: 500 });
    expect(codesOf(await ask('a'))).toEqual(['UPSTREAM_UNAVAILABLE']);
  });

  it('is renewed by any call, and a hanging call of one workflow delays no other', async () => {
    await cache('mine', 'later');
    await ask('theirs', 'slow');
    scene.clock.advance(REAUTH_INTERVAL_MS);
    const held = scene.hold();
    const hanging = ask('theirs', 'slow');
    const slow = await held.next();
    const mine = ask('mine');
    (await held.next()).answer(reply);
    expect((await mine).data).toEqual(answerOf('mine'));
    expect(await scene.callsOf(() => ask('later'))).toBe(0);
    slow.answer({ status: 403 });
    expect(codesOf(await hanging)).toEqual(['FORBIDDEN']);
  });

  // A first 403 evicts the run, and later ones keep it. Repeated 503s would open the circuit breaker.
  it.each([
    [403, 4],
    [503, 1],
  ])('A %i of the history leaves a cached run to its own call', async (status, times) => {
    const listAndRun = `{
      workflow(id: "wf") { runs(first: 1) { nodes { id } } }
      run(workflowId: "wf", id: "mine") { outputs freshness { isStale } }
    }`;
    await cache('mine');
    scene.upstream.script = (call) => (call.endpoint === 'runs' ? { status } : reply(call));
    for (let time = 0; time < times; time += 1) {
      scene.clock.advance(REAUTH_INTERVAL_MS);
      const { data, errors } = await scene.gateway.query(listAndRun);
      expect(data).toMatchObject(answerOf('mine'));
      expect(errors.map(({ path }) => path)).toEqual([['workflow', 'runs']]);
    }
  });

  it('is renewed by each request if REAUTH_INTERVAL_MS is 0, and whole answers are not cached', async () => {
    await scene.restart({ REAUTH_INTERVAL_MS: '0' });
    await cache('a', 'b');
    for (let time = 0; time < 2; time += 1) {
      const calls = await scene.callsOf(async () => {
        const { data, headers } = await ask('a');
        expect([data, headers.get('cache-control')]).toEqual([answerOf('a'), 'no-store']);
      });
      expect(calls).toBe(1);
    }
  });

  it('begins with a successful call, even if another call of the key has failed before', async () => {
    const held = scene.hold();
    const answer = scene.gateway.query(runOf('a', 'wf', 'outputs stepCounts { total }'));
    const calls = [await held.next(), await held.next()];
    const [steps, record] = calls.sort((one) => (one.endpoint === 'steps' ? -1 : 1));
    steps?.answer({ status: 500 });
    await scene.taken();
    record?.answer(reply);
    expect((await answer).data).toEqual({ run: { outputs: 'a', stepCounts: null } });
    expect(await scene.callsOf(() => ask('a'))).toBe(0);
  });

  it('does not begin with a 404: nothing is cached for a key that gets no other answer', async () => {
    scene.upstream.script = () => ({ status: 404 });
    for (let time = 0; time < 2; time += 1) {
      // One call for the record, one for the steps.
      const calls = await scene.callsOf(async () => {
        expect(codesOf(await ask('a'))).toEqual(['NOT_FOUND']);
      });
      expect(calls).toBe(2);
    }
    expect(scene.gateway.cachedBytes()).toBe(0);
  });

  it.each<readonly [string, Reply]>([
    ['is refused', { status: 401 }],
    ['is forbidden', { status: 403 }],
    ['fails', { status: 500 }],
    ['gets HTML', { raw: '<html>' }],
  ])('does not begin with a call that %s: nothing is cached for the key', async (_, given) => {
    scene.upstream.script = () => given;
    expect(codesOf(await ask('a'))).toHaveLength(1);
    expect(scene.gateway.cachedBytes()).toBe(0);
  });
});

describe('a refusal', () => {
  const FORBIDDEN = ['FORBIDDEN'];
  /** Calls that the upstream refuses by 403. */
  let isDenied: (call: Call) => boolean;
  const denyRuns = (...workflowIds: readonly string[]): void => {
    isDenied = ({ workflowId }) => workflowIds.includes(workflowId);
  };
  const isCached = async () => (await scene.callsOf(() => ask('mine'))) === 0;

  beforeEach(() => {
    denyRuns('theirs', 'others');
    scene.upstream.script = (call) => {
      if (isDenied(call)) return { status: 403 };
      if (call.endpoint === 'runs') return { json: [wireRun('listed')] };
      return reply(call);
    };
  });

  it('of a workflow evicts all that is cached for the key, and a repeated one evicts nothing', async () => {
    await cache('mine');
    expect(codesOf(await ask('r1', 'theirs'))).toEqual(FORBIDDEN);
    expect(scene.gateway.cachedBytes()).toBe(0);
    await cache('mine');
    for (const id of ['r1', 'r2', 'r3']) {
      expect(codesOf(await ask(id, 'theirs'))).toEqual(FORBIDDEN);
      expect(await isCached()).toBe(true);
    }
    // A 403 of another workflow is new, and so is a 401.
    expect(codesOf(await ask('r1', 'others'))).toEqual(FORBIDDEN);
    expect(scene.gateway.cachedBytes()).toBe(0);
    await cache('mine');
    scene.upstream.script = () => ({ status: 401 });
    expect(codesOf(await ask('r1', 'theirs'))).toEqual(['UNAUTHENTICATED']);
    expect(scene.gateway.cachedBytes()).toBe(0);
  });

  it('of a workflow that was allowed in between evicts again, and so does one of another key', async () => {
    await ask('r1', 'theirs');
    denyRuns();
    await cache('mine');
    await ask('r1', 'theirs');
    denyRuns('theirs');
    await ask('r2', 'theirs');
    expect(scene.gateway.cachedBytes()).toBe(0);
    await scene.data(runOf('mine'), { key: 'key-2' });
    expect(await scene.codes(runOf('r1', 'theirs'), { key: 'key-2' })).toEqual(FORBIDDEN);
    expect(scene.gateway.cachedBytes()).toBe(0);
  });

  it('of the steps is not new again if only the list of the same workflow is allowed', async () => {
    isDenied = ({ endpoint, workflowId }) => workflowId === 'theirs' && endpoint !== 'runs';
    const list = '{ workflow(id: "theirs") { runs(first: 1) { nodes { id stepCounts { total } } } } }';
    expect(await scene.codes(list)).toEqual(FORBIDDEN);
    expect(scene.gateway.cachedBytes()).toBe(0);
    await cache('mine');
    for (let time = 0; time < 3; time += 1) {
      scene.clock.advance(1000);
      expect(await scene.codes(list)).toEqual(FORBIDDEN);
      expect(await isCached()).toBe(true);
    }
  });

  it('of a run that came in a list evicts if the run would be served without a call', async () => {
    const record = () => scene.codes(runOf('listed', 'theirs', 'status'));
    const list = () => scene.data('{ workflow(id: "theirs") { runs(first: 1) { nodes { id } } } }');
    isDenied = ({ endpoint, workflowId }) => workflowId === 'theirs' && endpoint === 'run';
    expect(await record()).toEqual(FORBIDDEN);
    await list();
    expect(await record()).toEqual([]);
    scene.clock.advance(REAUTH_INTERVAL_MS);
    expect(await record()).toEqual(FORBIDDEN);
    expect(scene.gateway.cachedBytes()).toBe(0);
  });

  it('of the list of workflows refuses only a run whose graph is read', async () => {
    isDenied = ({ endpoint }) => endpoint === 'workflows';
    expect(await scene.codes(runOf('mine', 'wf', 'outputs criticalPath { isInferred }'))).toEqual(FORBIDDEN);
    await cache('mine');
  });

  it('is remembered for the latest workflows, up to a megabyte', async () => {
    await scene.restart({});
    await cache('mine');
    isDenied = ({ workflowId }) => workflowId !== 'wf';
    await ask('r1', 'first');
    for (let from = 0; from < 850; from += 50) {
      const runs = Array.from(
        { length: 50 },
        (_, at) => `a${at}: run(workflowId: "${`${from + at}`.padEnd(500, 'x')}", id: "r1") { status }`,
      );
      expect(new Set(await scene.codes(`{ ${runs.join(' ')} }`))).toEqual(new Set(FORBIDDEN));
    }
    await ask('r1', 'last');
    await cache('mine');
    await ask('r1', 'last');
    expect(await isCached()).toBe(true);
    await ask('r1', 'first');
    expect(scene.gateway.cachedBytes()).toBe(0);
  });

  it('lets a pending call answer its own requests, and its answer is not cached', async () => {
    await cache('mine');
    const held = scene.hold();
    const late = ask('slow');
    const slow = await held.next();
    const denied = ask('r1', 'theirs');
    const other: HeldCall = await held.next();
    other.answer({ status: 403 });
    expect(codesOf(await denied)).toEqual(FORBIDDEN);
    slow.answer(reply);
    expect((await late).data).toEqual(answerOf('slow'));
    expect(scene.gateway.cachedBytes()).toBe(0);
    scene.upstream.script = reply;
    expect(await scene.callsOf(() => ask('slow'))).toBe(1);
    expect(await scene.callsOf(() => ask('slow'))).toBe(0);
  });
});
