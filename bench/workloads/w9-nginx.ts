/** W9: W1 and W2 through nginx, with the files of deploy/nginx. Each contender has its own nginx. */
import {
  apolloLru,
  apolloResponseCache,
  HOT_RUN,
  mercuriusCache,
  mercuriusLru,
  stepgate,
  withContenders,
  hive,
  yoga,
  type Contender,
  type StartedContender,
} from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { sameRequest, scatteredStride, uniqueRequests } from '../load.ts';
import { behindNginx, NGINX, type ProxiedContender } from '../nginx.ts';
import { prime } from '../prime.ts';
import { checkSameAnswers, runBody, uniqueBody } from '../queries.ts';
import { atLeast, type Row, type Target, type WorkloadResult } from '../report.ts';
import { measureInTurns, of, toRow, type Bench, type Measured } from '../rounds.ts';

const HOT: readonly Contender[] = [stepgate, mercuriusCache, mercuriusLru, apolloResponseCache, apolloLru, yoga, hive];
const WARM: readonly Contender[] = [stepgate, mercuriusLru, apolloLru];
const RUNS = 1000;
const ID_PREFIX = runIdOf(ORDINARY, 'warm-');

export async function w9Nginx(bench: Bench): Promise<WorkloadResult> {
  const result = { id: 'W9', title: 'behind nginx', reference: mercuriusLru.name };
  if (NGINX === null) return { ...result, rows: [], notes: ['not measured: nginx is not installed'] };
  const nginx = NGINX;
  const hot = await measureBehind(bench, nginx, HOT, async (started) => {
    await checkSameAnswers(started, runBody(HOT_RUN));
    return measureInTurns(bench, started, { requestsFor: () => sameRequest(runBody(HOT_RUN)) });
  });
  const warm = await measureBehind(bench, nginx, WARM, async (started) => {
    await checkSameAnswers(started, uniqueBody(`${ID_PREFIX}0`, 'nothing'));
    for (const contender of started) await prime(contender, ID_PREFIX, RUNS);
    const requests = uniqueRequests(ID_PREFIX, RUNS, { stride: scatteredStride(RUNS) });
    return measureInTurns(bench, started, { requestsFor: () => requests });
  });
  return {
    ...result,
    rows: [...rowsOf('hot', hot, 1.5), ...rowsOf('warm', warm, 0.35)],
    notes: ['nginx and the load share the second core, which may limit the requests a second'],
  };
}

const measureBehind = (
  bench: Bench,
  nginx: string,
  contenders: readonly Contender[],
  measure: (started: readonly StartedContender[]) => Promise<Measured[]>,
): Promise<Measured[]> =>
  withContenders(contenders, { upstreamUrl: bench.fixture.url }, async (started) => {
    const proxied: ProxiedContender[] = [];
    try {
      for (const contender of started) proxied.push(await behindNginx(nginx, contender));
      return await measure(proxied);
    } finally {
      await Promise.all(proxied.map((each) => each.stopProxy()));
    }
  });

const rowsOf = (load: string, measured: readonly Measured[], leastRatio: number): Row[] =>
  measured.map((one) => ({
    ...toRow(one, of(measured, mercuriusLru)),
    contender: `${load}, ${one.name}`,
    targets: one.name === stepgate.name ? targetsOf(load, one, measured, leastRatio) : [],
  }));

/** Hot: compared with the best GraphQL peer. Warm: with Mercurius, which doesn't have logs, limits or metrics. */
function targetsOf(load: string, own: Measured, all: readonly Measured[], leastRatio: number): readonly Target[] {
  const peers = all.filter((one) => one !== own);
  const most = Math.max(...peers.map((peer) => peer.requestsPerSecond));
  const target = atLeast(own.requestsPerSecond / most, leastRatio);
  return [{ ...target, text: `${load}: ≥ ${leastRatio} × the best peer's` }];
}
