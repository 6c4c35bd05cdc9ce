/** W1: a finished run, and the same request by one viewer. Stepgate is also measured with the request id of a proxy. */
import {
  apolloLru,
  apolloPlain,
  apolloResponseCache,
  fastifyReady,
  hive,
  HOT_RUN,
  mercuriusCache,
  mercuriusLru,
  nodeHttp,
  stepgate,
  withContenders,
  yoga,
  type Contender,
} from '../contenders.ts';
import { generator, sameRequest } from '../load.ts';
import { checkSameAnswers, runBody } from '../queries.ts';
import { atLeast, type Row, type Target, type WorkloadResult } from '../report.ts';
import { measureInTurns, of, toRow, type Bench, type Measured } from '../rounds.ts';

const PEERS: readonly Contender[] = [
  mercuriusCache,
  mercuriusLru,
  apolloResponseCache,
  apolloLru,
  yoga,
  hive,
  apolloPlain,
];
const REQUEST_ID = '0123456789abcdef0123456789abcdef';

export async function w1Hot(bench: Bench): Promise<WorkloadResult> {
  const body = runBody(HOT_RUN);
  return withContenders(
    [stepgate, nodeHttp, fastifyReady, ...PEERS],
    { upstreamUrl: bench.fixture.url },
    async (started) => {
      const { text } = await checkSameAnswers(started, body);
      const requestsFor = () => sameRequest(body);
      const measured = await measureInTurns(bench, started, { requestsFor });
      const both = started.filter(({ name }) => [stepgate, nodeHttp, fastifyReady].some((one) => one.name === name));
      const named = await measureInTurns(bench, both, { requestsFor, requestId: REQUEST_ID });
      await checkSameAnswers(started, body);
      return {
        id: 'W1',
        title: 'hot',
        reference: nodeHttp.name,
        rows: [
          ...measured.map((one) => ({ ...toRow(one, of(measured, nodeHttp)), targets: targetsOf(one, measured) })),
          ...named.map((one): Row => {
            const row = { ...toRow(one, of(named, nodeHttp)), contender: `${one.name}, with X-Request-Id` };
            return { ...row, targets: one.name === fastifyReady.name ? targetsOf(one, named) : [] };
          }),
        ],
        notes: [
          `an answer is ${Buffer.byteLength(text)} bytes`,
          ...(generator === 'wrk' ? [] : ['autocannon limits the fastest contenders: install wrk']),
        ],
      };
    },
  );
}

function targetsOf(one: Measured, all: readonly Measured[]): readonly Target[] {
  const ratio = of(all, stepgate).requestsPerSecond / one.requestsPerSecond;
  if (one.name === stepgate.name) return memoryTarget(one, all);
  if (one.name === fastifyReady.name) return [atLeast(ratio, 0.75)];
  if (one.name === apolloResponseCache.name) return [atLeast(ratio, 2.5)];
  return one === bestPeer(all) ? [atLeast(ratio, 1.7)] : [];
}

const peersIn = (all: readonly Measured[]): readonly Measured[] =>
  all.filter(({ name }) => PEERS.some((peer) => peer.name === name));

const bestPeer = (all: readonly Measured[]): Measured | undefined =>
  [...peersIn(all)].sort((a, b) => b.requestsPerSecond - a.requestsPerSecond)[0];

function memoryTarget({ peakRssMb }: Measured, all: readonly Measured[]): readonly Target[] {
  const peaks = peersIn(all)
    .map((peer) => peer.peakRssMb)
    .filter((peak) => peak !== null);
  if (peakRssMb === null || peaks.length === 0) return [];
  const least = Math.min(...peaks);
  const text = `peak RSS below every GraphQL peer's (the least: ${Math.round(least)})`;
  return [{ text, value: peakRssMb, isReached: peakRssMb < least }];
}
