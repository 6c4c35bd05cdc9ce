/** W2: 1,000 runs that are held, and requests of one operation of which no two are alike, so that no answer is cached. */
import { apolloLru, mercuriusLru, stepgate, withContenders } from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { scatteredStride, uniqueRequests } from '../load.ts';
import { prime } from '../prime.ts';
import { checkSameAnswers, uniqueBody } from '../queries.ts';
import { atLeast, type WorkloadResult } from '../report.ts';
import { measureInRounds, of, toRow, type Bench } from '../rounds.ts';

const RUNS = 1000;
const ID_PREFIX = runIdOf(ORDINARY, 'warm-');

export async function w2Warm(bench: Bench): Promise<WorkloadResult> {
  const contenders = [stepgate, mercuriusLru, apolloLru];
  return withContenders(contenders, { upstreamUrl: bench.fixture.url }, async (started) => {
    await checkSameAnswers(started, uniqueBody(`${ID_PREFIX}0`, 'nothing'));
    for (const contender of started) {
      bench.say(`${contender.name} takes in ${RUNS} runs`);
      await prime(contender, ID_PREFIX, RUNS);
    }
    const requests = uniqueRequests(ID_PREFIX, RUNS, { stride: scatteredStride(RUNS) });
    const measured = await measureInRounds(bench, started, { requestsFor: () => requests });
    const own = of(measured, stepgate).requestsPerSecond;
    const bounds = new Map([
      [mercuriusLru.name, 0.9],
      [apolloLru.name, 1.5],
    ]);
    return {
      id: 'W2',
      title: 'warm',
      reference: mercuriusLru.name,
      rows: measured.map((one) => {
        const row = toRow(one, of(measured, mercuriusLru));
        const bound = bounds.get(one.name);
        return bound === undefined ? row : { ...row, targets: [atLeast(own / one.requestsPerSecond, bound)] };
      }),
      notes: [`each request asks for one of ${RUNS} held runs and for a step by an id that never comes twice`],
    };
  });
}
