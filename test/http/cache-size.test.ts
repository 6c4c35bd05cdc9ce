/** Runs stay cached until their bytes add up to CACHE_MAX_BYTES. */
import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { healthy } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

/** A sixtieth of the default. */
const CACHE_MAX_BYTES = Math.floor(268_435_456 / 60);
const RUNS = 84;
const RUN_BYTES = 40_000;

const QUERY = `query Run($id: ID!) {
  run(workflowId: "wf", id: $id) {
    id status totalElapsedTime
    failedSteps { id nodeId error }
    steps { id nodeId status startTime endTime elapsedTime }
  }
}`;

/** A finished run of 40 KB and 20 steps. */
const stepsOf = (runId: string) => {
  const steps = (text: string) =>
    Array.from({ length: 20 }, (_, index) =>
      wireStep({ id: `${runId}-${index}`, node_id: `node_${index}`, outputs: { text }, inputs: {} }),
    );
  const frame = JSON.stringify(steps('')).length;
  return steps('x'.repeat((RUN_BYTES - frame) / 20));
};

describe('the cache', () => {
  const clock = createManualClock();
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, runId }) => ({
        json: endpoint === 'steps' ? stepsOf(runId) : [wireRun(runId)],
      }),
      env: { CACHE_MAX_BYTES: String(CACHE_MAX_BYTES) },
      clock: { now: clock.now },
    }),
  );
  const { upstream } = gateway;
  async function askForAll(): Promise<void> {
    for (let run = 0; run < RUNS; run += 1) await gateway.data(QUERY, { variables: { id: `run-${run}` } });
  }

  it('keeps runs that fill three quarters of CACHE_MAX_BYTES, with whole responses', async () => {
    await askForAll();
    // The second pass caches whole answers, and they answer the third pass.
    for (let pass = 2; pass <= 3; pass += 1) expect(await upstream.callsOf(askForAll)).toBe(0);
    expect(gateway.cachedBytes()).toBeLessThanOrEqual(CACHE_MAX_BYTES);
  });
});

describe('a cache of 130 kB', () => {
  const clock = createManualClock();
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, runId }) => {
        const bytes = runId === 'huge' ? 200_000 : 20_000;
        return { json: endpoint === 'steps' ? [wireStep({ outputs: 'x'.repeat(bytes) })] : [wireRun(runId)] };
      },
      env: { CACHE_MAX_BYTES: '130000' },
      clock: { now: clock.now },
    }),
  );
  const { upstream } = gateway;

  /** Each document is new, so no whole answer is cached. */
  let texts = 0;
  const ask = (id: string, key = 'key-1') =>
    gateway.data(`{ run(workflowId: "wf", id: "${id}") { stepCounts { total } } } #${(texts += 1)}`, { key });
  const isCached = async (id: string, key?: string) => (await upstream.callsOf(() => ask(id, key))) === 0;

  it('evicts the least recently used run, whichever key it belongs to', async () => {
    await ask('used', 'key-1');
    await ask('unused', 'key-2');
    for (let number = 0; number < 12; number += 1) {
      await ask(`r${number}`, number % 2 === 0 ? 'key-1' : 'key-2');
      expect(await isCached('used', 'key-1')).toBe(true);
      expect(gateway.cachedBytes()).toBeLessThanOrEqual(130_000);
    }
    expect(await isCached('r11', 'key-2')).toBe(true);
    expect(await isCached('unused', 'key-2')).toBe(false);
  });

  it('serves a run larger than the cache without evicting others', async () => {
    await ask('small');
    for (let time = 0; time < 2; time += 1) {
      // Only the steps are loaded again: the record is cached.
      expect(await upstream.callsOf(() => ask('huge'))).toBeGreaterThan(0);
      expect(await isCached('small')).toBe(true);
    }
  });

  it('stores nothing with CACHE_MAX_BYTES=0, but pending calls are still shared', async () => {
    await gateway.restart({ env: { CACHE_MAX_BYTES: '0' } });
    for (let time = 0; time < 2; time += 1) {
      const held = upstream.holdEach();
      const answers = [ask('r1'), ask('r1'), ask('r1')];
      const both = [await held.next(), await held.next()];
      await gateway.taken();
      expect(held.waiting).toHaveLength(2);
      for (const call of both) call.answer(healthy);
      for (const answer of await Promise.all(answers)) expect(answer).toEqual({ run: { stepCounts: { total: 1 } } });
      expect(gateway.cachedBytes()).toBe(0);
    }
  });
});

describe('a cached graph', () => {
  const PARTS = 1000;
  const nodes = Object.fromEntries(Array.from({ length: PARTS }, (_, at) => [`n${at}`, { type: 'code' }]));
  const edges = Array.from({ length: PARTS }, (_, at) => [`n${at}`, 'n0']);
  const clock = createManualClock();
  const gateway = perBlock(
    new TestGateway({
      script: () => ({ json: [wireWorkflow('wf', { graph: { nodes, edges } })] }),
      clock: { now: clock.now },
    }),
  );

  it('counts its nodes and edges among the cached bytes', async () => {
    await gateway.data('{ workflow(id: "wf") { name } }');
    expect(gateway.cachedBytes()).toBeGreaterThan(2 * PARTS * 300);
    expect(gateway.cachedBytes()).toBeLessThan(2 * PARTS * 400);
  });
});
