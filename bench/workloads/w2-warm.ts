/** W2: 1,000 cached runs, and requests of one operation that all differ, so that no answer is cached. */
import { apolloLru, mercuriusLru, stepgate, withContenders, type Contender } from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { scatteredStride, uniqueRequests } from '../load.ts';
import { prime } from '../prime.ts';
import { checkSameAnswers, uniqueBody } from '../queries.ts';
import { atLeast, atMost, promise, type Target, type WorkloadResult } from '../report.ts';
import { measureInTurns, of, toRow, type Bench, type Measured } from '../rounds.ts';

const RUNS = 1000;
const ID_PREFIX = runIdOf(ORDINARY, 'warm-');
/** Without logs, like the peers. */
const silent: Contender = {
  ...stepgate,
  name: 'Stepgate, no log',
  env: { ...stepgate.env, LOG_LEVEL: 'silent' },
  isSilent: true,
};

export async function w2Warm(bench: Bench): Promise<WorkloadResult> {
  const contenders = [stepgate, silent, mercuriusLru, apolloLru];
  return withContenders(contenders, { upstreamUrl: bench.fixture.url }, async (started) => {
    await checkSameAnswers(started, uniqueBody(`${ID_PREFIX}0`, 'nothing'));
    for (const contender of started) {
      bench.say(`${contender.name} takes in ${RUNS} runs`);
      await prime(contender, ID_PREFIX, RUNS);
    }
    const requests = uniqueRequests(ID_PREFIX, RUNS, { stride: scatteredStride(RUNS) });
    const measured = await measureInTurns(bench, started, { requestsFor: () => requests });
    return {
      id: 'W2',
      title: 'warm',
      reference: mercuriusLru.name,
      rows: measured.map((one) => ({ ...toRow(one, of(measured, mercuriusLru)), targets: targetsOf(one, measured) })),
      notes: [`each request asks for one of ${RUNS} cached runs and for a step by a unique id`],
    };
  });
}

function targetsOf(one: Measured, all: readonly Measured[]): readonly Target[] {
  const ratio = (own: Contender) => of(all, own).requestsPerSecond / one.requestsPerSecond;
  if (one.name === stepgate.name) return [promise(atMost('upstream calls of a turn', one.maxUpstreamCalls, 0))];
  if (one.name === apolloLru.name) return [atLeast(ratio(stepgate), 1)];
  return one.name === mercuriusLru.name ? [atLeast(ratio(stepgate), 0.35)] : [];
}
