/** W6: a run of 20 steps with 500 KB of outputs each, and a query that does not select them. */
import { bareScript, startContender, stepgate, withContenders, type Contender } from '../contenders.ts';
import { ORDINARY, runIdOf, type RunShape } from '../fixture-runs.ts';
import { sameRequest } from '../load.ts';
import { ask, askForData, runBody, runsBody } from '../queries.ts';
import { sleep } from '../processes.ts';
import { atMost, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import { measureInTurns, of, toRow, type Bench } from '../rounds.ts';
import { stallOf, WATCHED } from '../stall.ts';

const LARGE: RunShape = { ...ORDINARY, outputBytes: 500_000 };

const ordinary: Contender = { ...stepgate, name: 'Stepgate, hot, an ordinary run' };
const large: Contender = { ...stepgate, name: 'Stepgate, hot, a run of 10 MB' };

export async function w6Large(bench: Bench): Promise<WorkloadResult> {
  const hot = await withContenders([large, ordinary], { upstreamUrl: bench.fixture.url }, async (started) => {
    const bodies = new Map([
      [ordinary.name, runBody(runIdOf(ORDINARY, 'hot'))],
      [large.name, runBody(runIdOf(LARGE, 'hot'))],
    ]);
    const bodyOf = ({ name }: { name: string }) => bodies.get(name) ?? '';
    for (const one of started) await askForData(one.name, one.url, bodyOf(one));
    return measureInTurns(bench, started, { requestsFor: (one) => sameRequest(bodyOf(one)) });
  });
  const ratio = of(hot, large).requestsPerSecond / of(hot, ordinary).requestsPerSecond;
  const text = 'hot ≥ 0.9 × an ordinary run';
  const bare = await measureCold(bench, bareScript, (id) => runsBody([id]));
  const own = await measureCold(bench, stepgate, runBody);
  return {
    id: 'W6',
    title: 'large, 20 × 500 KB',
    reference: 'the ordinary run; of the cold ones, the longest stall of the bare script',
    rows: [
      { ...toRow(of(hot, large), of(hot, ordinary)), targets: [{ text, value: ratio, isReached: ratio >= 0.9 }] },
      toRow(of(hot, ordinary), of(hot, ordinary)),
      {
        ...toColdRow(stepgate, own, bare),
        targets: [atMost('longest stall', own.stallMs / bare.stallMs, 1.2, '× bare')],
      },
      toColdRow(bareScript, bare, bare),
    ],
    notes: ['cold: p50 is the wall time of a query, and the longest stall of the loop is the median over such queries'],
  };
}

interface Cold {
  readonly wallMs: number;
  readonly stallMs: number;
}

async function measureCold(bench: Bench, contender: Contender, bodyFor: (id: string) => string): Promise<Cold> {
  const started = await startContender(contender, {
    upstreamUrl: bench.fixture.url,
    ...WATCHED,
  });
  try {
    const wallMs: number[] = [];
    const stallMs: number[] = [];
    // The first query only warms up.
    for (let query = 0; query <= 2 * bench.settings.rounds; query += 1) {
      bench.say(`${contender.name}: cold run ${query}`);
      await stallOf(started, 'reset');
      const answer = await ask(started.url, bodyFor(runIdOf(LARGE, `cold-${query}`)));
      if (answer.status !== 200)
        throw new Error(`${contender.name} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
      // A stall is counted when the timer after it fires again.
      await sleep(50);
      const stall = await stallOf(started, 'read');
      if (query === 0) continue;
      wallMs.push(answer.ms);
      stallMs.push(stall);
    }
    return { wallMs: median(wallMs), stallMs: median(stallMs) };
  } finally {
    await started.stop();
  }
}

const toColdRow = ({ name }: Contender, { wallMs, stallMs }: Cold, bare: Cold): Row => ({
  contender: `${name}, cold, a run of 10 MB`,
  p50Ms: wallMs,
  ratio: stallMs / bare.stallMs,
  note: `longest stall ${stallMs.toFixed(0)} ms`,
});
