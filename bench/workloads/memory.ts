/** W2 over 100,000 different runs, 4 GB in all: the memory of a limited cache that evicts all the time. */
import { DOCUMENTED_MIB } from '../container.ts';
import { stepgate, withContenders } from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { load, scatteredStride, uniqueRequests } from '../load.ts';
import { atMost, type Target, type WorkloadResult } from '../report.ts';
import type { Bench } from '../rounds.ts';

const RUNS = 100_000;
/** With default settings. */
const BOUND_MB = 1200;

/** Returns no targets if the system does not report the peak. */
export const withinBound = (peakMb: number | null): readonly Target[] =>
  peakMb === null ? [] : [atMost('within the bound: peak RSS', peakMb, BOUND_MB, 'MB')];

export async function memory(bench: Bench): Promise<WorkloadResult> {
  const seconds = bench.settings.attackSeconds;
  const options = { upstreamUrl: bench.fixture.url, containerMib: DOCUMENTED_MIB };
  return withContenders([stepgate], options, async ([contender]) => {
    if (!contender) throw new Error('Stepgate was not started');
    bench.say(`${seconds} s over ${RUNS} runs`);
    await bench.fixture.reset();
    const requests = uniqueRequests(runIdOf(ORDINARY, 'memory-'), RUNS, { stride: scatteredStride(RUNS) });
    const result = await load(contender.url, requests, { seconds });
    const { steps } = await bench.fixture.calls();
    const peakMb = contender.peakRssMb();
    return {
      id: 'memory',
      title: `${seconds} s over 100,000 runs`,
      reference: '–',
      rows: [
        {
          contender: stepgate.name,
          requestsPerSecond: result.requestsPerSecond,
          p50Ms: result.p50Ms,
          p99Ms: result.p99Ms,
          peakRssMb: peakMb,
          upstreamCalls: steps,
          problem: result.errors > 0 ? `${result.errors} errors` : null,
          targets: withinBound(peakMb),
        },
      ],
      notes: [],
    };
  });
}
