/** W1: the finished run, the same request by one viewer. */
import {
  apolloLru,
  apolloPlain,
  apolloResponseCache,
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
import { atLeast, type Row, type WorkloadResult } from '../report.ts';
import { measureInRounds, of, toRow, type Bench, type Measured } from '../rounds.ts';

const CONTENDERS: readonly Contender[] = [
  stepgate,
  nodeHttp,
  mercuriusCache,
  mercuriusLru,
  apolloResponseCache,
  apolloLru,
  yoga,
  apolloPlain,
];
const BOUNDS = new Map<string, number>([
  [nodeHttp.name, 0.85],
  [mercuriusCache.name, 3],
  [apolloResponseCache.name, 4],
  [apolloPlain.name, 30],
]);

export async function w1Hot(bench: Bench): Promise<WorkloadResult> {
  const body = runBody(HOT_RUN);
  return withContenders(CONTENDERS, { upstreamUrl: bench.fixture.url }, async (started) => {
    const { text } = await checkSameAnswers(started, body);
    const measured = await measureInRounds(bench, started, { requestsFor: () => sameRequest(body) });
    await checkSameAnswers(started, body);
    return {
      id: 'W1',
      title: 'hot',
      reference: nodeHttp.name,
      rows: measured.map((one) => withTargets(one, measured)),
      notes: [
        `an answer is ${Buffer.byteLength(text)} bytes`,
        ...(generator === 'wrk' ? [] : ['autocannon, and not a contender, is the limit of the fastest: install wrk']),
      ],
    };
  });
}

function withTargets(one: Measured, all: readonly Measured[]): Row {
  const row = toRow(one, of(all, nodeHttp));
  if (one.name === stepgate.name) return { ...row, targets: memoryTarget(one, all) };
  const bound = BOUNDS.get(one.name);
  if (bound === undefined) return row;
  return { ...row, targets: [atLeast(of(all, stepgate).requestsPerSecond / one.requestsPerSecond, bound)] };
}

function memoryTarget({ peakRssMb }: Measured, all: readonly Measured[]) {
  const peers = all.filter(({ name }) => name !== stepgate.name && name !== nodeHttp.name);
  const peaks = peers.map((peer) => peer.peakRssMb).filter((peak) => peak !== null);
  if (peakRssMb === null || peaks.length === 0) return [];
  const least = Math.min(...peaks);
  const text = `peak RSS below every GraphQL peer's (the least: ${Math.round(least)})`;
  return [{ text, value: peakRssMb, isReached: peakRssMb < least }];
}
