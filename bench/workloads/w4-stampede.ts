/** W4: 500 connections on one running run, at a lifetime of one second. */
import { mercuriusCache, stepgate, withContenders } from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { sameRequest } from '../load.ts';
import { checkSameAnswers, runBody } from '../queries.ts';
import { atLeast, atMost, promise, type WorkloadResult } from '../report.ts';
import { measureInTurns, of, toRow, type Bench } from '../rounds.ts';

const CONNECTIONS = 500;
const SECONDS = 10;
const TTL_SECONDS = 1;
const CHANGE_EVERY_MS = 2000;

export async function w4Stampede(bench: Bench): Promise<WorkloadResult> {
  const { fixture, settings } = bench;
  const body = runBody(runIdOf({ ...ORDINARY, state: 'running' }, 'stampede'));
  const seconds = settings.isShortened ? settings.seconds : SECONDS;
  const env = { LIVE_TTL_MS: String(TTL_SECONDS * 1000), CACHE_TTL_SECONDS: String(TTL_SECONDS) };
  return withContenders([stepgate, mercuriusCache], { upstreamUrl: fixture.url, env }, async (started) => {
    await checkSameAnswers(started, body);
    await fixture.set({ changeEveryMs: CHANGE_EVERY_MS });
    try {
      const measured = await measureInTurns(bench, started, {
        requestsFor: () => sameRequest(body),
        connections: CONNECTIONS,
        seconds,
        checksAnswers: true,
      });
      const own = of(measured, stepgate);
      const peer = of(measured, mercuriusCache);
      return {
        id: 'W4',
        title: 'stampede, 500 connections',
        reference: mercuriusCache.name,
        rows: [
          {
            ...toRow(own, peer),
            targets: [
              promise(atMost(`upstream calls in ${seconds} s`, own.maxUpstreamCalls, seconds / TTL_SECONDS + 2)),
              promise(atMost('errors', own.errors, 0)),
            ],
          },
          { ...toRow(peer, peer), targets: [atLeast(own.requestsPerSecond / peer.requestsPerSecond, 1.8)] },
        ],
        notes: [],
      };
    } finally {
      await fixture.set({ changeEveryMs: 0 });
    }
  });
}
