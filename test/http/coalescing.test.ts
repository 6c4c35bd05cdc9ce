import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { healthy } from '../harness/faulty-upstream.ts';
import { codesOf, startRunsScene, type HeldCalls, type RunsScene } from '../harness/runs-scene.ts';
import { wireRun } from '../harness/wire.ts';

const statusOf = (id: string) => `{ run(workflowId: "wf", id: "${id}") { status } }`;
const completed = { run: { status: 'COMPLETED' } };

describe('equal requests at a time', () => {
  let scene: RunsScene;
  let held: HeldCalls;
  let run: string;
  let before: number;
  let runs = 0;

  beforeAll(async () => {
    scene = await startRunsScene();
  });
  afterAll(() => scene.close());
  /** Each test has a run of its own. */
  beforeEach(() => {
    run = statusOf(`r${(runs += 1)}`);
    before = scene.upstream.calls.length;
    held = scene.hold();
  });

  const ask = (count: number) => Array.from({ length: count }, () => scene.gateway.query(run));

  /** The only client of another run leaves: when its call has been cut, one that was to be cut before has been, too. */
  async function lastClientLeaves(): Promise<void> {
    const client = new AbortController();
    const left = scene.gateway.query(statusOf(`r${(runs += 1)}`), { signal: client.signal });
    const call = await held.next();
    client.abort();
    await expect(left).rejects.toThrow();
    await call.cut;
  }

  it('cause one call, whose answer all of them get', async () => {
    const answers = ask(5);
    const call = await held.next();
    await scene.taken();
    call.answer(healthy);
    for (const { data } of await Promise.all(answers)) expect(data).toEqual(completed);
    expect(scene.upstream.calls).toHaveLength(before + 1);
  });

  it('fail together with their one call, and the next request makes another', async () => {
    const answers = ask(3);
    const call = await held.next();
    await scene.taken();
    call.answer({ status: 500 });
    for (const answer of await Promise.all(answers)) expect(codesOf(answer)).toEqual(['UPSTREAM_UNAVAILABLE']);
    scene.upstream.script = healthy;
    expect(await scene.data(run)).toEqual(completed);
    expect(scene.upstream.calls).toHaveLength(before + 2);
  });

  it.each([
    ['started', 0],
    ['joined', 1],
  ])('go on with their call when the client that %s it leaves', async (_, leaver) => {
    const clients = [new AbortController(), new AbortController()];
    const asking = clients.map(async ({ signal }, at) => {
      if (at === 1) await scene.taken();
      return scene.gateway.query(run, { signal });
    });
    const outcomes = Promise.allSettled(asking);
    const call = await held.next();
    await scene.taken();
    await scene.taken();
    clients[leaver]?.abort();
    await expect(asking[leaver]).rejects.toThrow();
    await lastClientLeaves();
    call.answer(healthy);
    expect((await asking[1 - leaver])?.data).toEqual(completed);
    await outcomes;
    expect(scene.upstream.calls).toHaveLength(before + 2);
  });

  it('have their call cut when the last client leaves, and the next request makes another', async () => {
    const clients = [new AbortController(), new AbortController()];
    const asking = clients.map(({ signal }) => scene.gateway.query(run, { signal }));
    const outcomes = Promise.allSettled(asking);
    const call = await held.next();
    await scene.taken();
    for (const client of clients) client.abort();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await call.cut;
    scene.upstream.script = healthy;
    expect(await scene.data(run)).toEqual(completed);
    expect(scene.upstream.calls).toHaveLength(before + 2);
  });

  it('of other keys make calls of their own, each with its key, and fail alone', async () => {
    const keys = ['key-a', 'key-b'];
    const answers = keys.map((key) => scene.gateway.query(run, { key }));
    const calls = [await held.next(), await held.next()];
    expect(calls.map(({ key }) => key).sort()).toEqual(keys);
    for (const call of calls) call.answer(call.key === 'key-a' ? { status: 500 } : healthy);
    const [failed, answered] = await Promise.all(answers);
    expect([failed?.errors.length, answered?.data]).toEqual([1, completed]);
  });
});

describe('requests for a whole answer that has expired', () => {
  let scene: RunsScene;
  beforeAll(async () => {
    scene = await startRunsScene({}, ({ endpoint, runId, key }) => ({
      status: endpoint === 'run' ? 200 : 404,
      json: [wireRun(runId, { status: 'running', end_time: null, outputs: `of ${key ?? ''} ${scene.clock.now()}` })],
    }));
  });
  afterAll(() => scene.close());

  const QUERY = '{ run(workflowId: "wf", id: "live") { outputs } }';
  const outputsOf = (key: string) => ({ run: { outputs: `of ${key} ${scene.clock.now()}` } });

  it('are answered by one call, again and again, and each key by its own', async () => {
    const keys = ['key-a', 'key-a', 'key-b', 'key-a', 'key-b'];
    for (let turn = 0; turn < 4; turn += 1) {
      const calls = await scene.callsOf(async () => {
        const answers = await Promise.all(keys.map((key) => scene.data(QUERY, { key })));
        expect(answers).toEqual(keys.map(outputsOf));
      });
      expect(calls).toBe(2);
      scene.clock.advance(1000);
    }
  });

  it('are all answered where the new answer is an error, which none of them may share', async () => {
    for (let turn = 0; turn < 2; turn += 1) await scene.data(QUERY);
    scene.clock.advance(1000);
    const held = scene.hold();
    const answers = Array.from({ length: 4 }, () => scene.codes(QUERY));
    const call = await held.next();
    await scene.taken();
    scene.upstream.script = () => ({ status: 404 });
    call.answer({ status: 401 });
    for (const codes of await Promise.all(answers)) expect(codes).toHaveLength(1);
  });
});
