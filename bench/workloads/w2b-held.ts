/** W2b: 5,000 finished runs of 40 KB, one key, default settings. The second pass over them makes no upstream call. */
import { stepgate, withContenders, type StartedContender } from '../contenders.ts';
import { runIdOf, type RunShape } from '../fixture-runs.ts';
import { askForData, runBody } from '../queries.ts';
import { promise, atMost, type WorkloadResult } from '../report.ts';
import type { Bench } from '../rounds.ts';
import { withinBound } from './memory.ts';

const RUNS = 5000;
/** 20 steps, 40.7 KB. */
const RUN: RunShape = { state: 'finished', steps: 20, outputBytes: 1460 };
const CLIENTS = 8;
const contender = { ...stepgate, name: 'Stepgate, all endpoints', env: { ...stepgate.env, UPSTREAM_ENDPOINTS: '' } };

export async function w2bHeld(bench: Bench): Promise<WorkloadResult> {
  return withContenders([contender], { upstreamUrl: bench.fixture.url }, async ([started]) => {
    if (!started) throw new Error('Stepgate was not started');
    bench.say(`first pass over ${RUNS} runs`);
    await pass(started);
    await bench.fixture.reset();
    bench.say('second pass');
    const beganAt = performance.now();
    await pass(started);
    const seconds = (performance.now() - beganAt) / 1000;
    const { steps, record, other } = await bench.fixture.calls();
    const calls = steps + record + other;
    const peakRssMb = started.peakRssMb();
    return {
      id: 'W2b',
      title: 'held',
      reference: '–',
      rows: [
        {
          contender: contender.name,
          requestsPerSecond: RUNS / seconds,
          peakRssMb,
          upstreamCalls: calls,
          targets: [promise(atMost('upstream calls of the second pass', calls, 0)), ...withinBound(peakRssMb)],
        },
      ],
      notes: [`${RUNS} finished runs of 40.7 KB, each with its record, asked for one by one and twice by one key`],
    };
  });
}

async function pass({ name, url }: StartedContender): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < RUNS) {
      const run = next;
      next += 1;
      await askForData(name, url, runBody(runIdOf(RUN, `held-${run}`)));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}
