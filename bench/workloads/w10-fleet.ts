/** W10: finished runs that another gateway of the fleet has fetched, with an upstream that takes 5 ms. */
import { Agent } from 'node:http';
import { stepgate, withContenders, type StartedContender } from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { prime } from '../prime.ts';
import { askForData, checkSameAnswers, runBody } from '../queries.ts';
import { atMost, promise, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import { percentile, type Bench } from '../rounds.ts';
import { startValkey } from '../valkey.ts';

const DELAY_MS = 5;
const RUNS_A_ROUND = 500;
const WARMUPS = 50;
const SECRET = 'the-secret-of-a-fleet-that-is-measured';
const [FETCHES, SHARES, ALONE] = ['Stepgate, fetches', 'Stepgate, shares', 'Stepgate, alone'];
const SETTINGS = { REDIS_TIMEOUT_MS: '1000' };

export async function w10Fleet(bench: Bench): Promise<WorkloadResult> {
  const { fixture, settings, say } = bench;
  const result = { id: 'W10', title: 'fleet', reference: ALONE };
  const valkey = await startValkey();
  if (!valkey) return { ...result, rows: [], notes: ['not measured: valkey-server is not installed'] };
  const fleet = { ...stepgate.env, REDIS_URL: valkey.url, FLEET_SECRET: SECRET, ...SETTINGS };
  const contenders = [
    { ...stepgate, name: FETCHES, env: fleet },
    { ...stepgate, name: SHARES, env: fleet },
    { ...stepgate, name: ALONE },
  ];
  try {
    await fixture.set({ delayMs: DELAY_MS });
    return await withContenders(contenders, { upstreamUrl: fixture.url }, async (started) => {
      await checkSameAnswers(started, runBody(runIdOf(ORDINARY, 'w10')));
      const [fetches, shares, alone] = started as [StartedContender, StartedContender, StartedContender];
      const taken = { shares: [] as number[], alone: [] as number[] };
      let calls = 0;
      const rounds = settings.isShortened ? 1 : settings.rounds;
      for (let round = 0; round < rounds; round += 1) {
        say(`round ${round + 1} of ${rounds}`);
        const prefix = runIdOf(ORDINARY, `w10-${round}-`);
        await prime(fetches, prefix, WARMUPS + RUNS_A_ROUND);
        await fixture.reset();
        taken.shares.push(...(await askEach(shares, prefix)));
        calls += (await fixture.calls()).steps;
        taken.alone.push(...(await askEach(alone, prefix)));
      }
      return { ...result, rows: rowsOf(taken.shares, taken.alone, calls, [shares, alone]), notes: NOTES };
    });
  } finally {
    await fixture.set({ delayMs: 0 });
    await valkey.stop();
  }
}

const NOTES = [
  'one client over one connection, one run after the other, each for the first time',
  `the upstream takes ${DELAY_MS} ms`,
  'three gateways on three cores are not measured: contenders share one core',
];

async function askEach({ name, url }: StartedContender, prefix: string): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  for (let index = 0; index < WARMUPS + RUNS_A_ROUND; index += 1) {
    const { ms } = await askForData(name, url, runBody(`${prefix}${index}`), agent);
    if (index >= WARMUPS) times.push(ms);
  }
  agent.destroy();
  return times;
}

function rowsOf(shared: number[], alone: number[], calls: number, [first, second]: readonly StartedContender[]): Row[] {
  const [p50, aloneP50] = [median(shared), median(alone)];
  const none = { text: 'no call for what another has fetched', value: calls, isReached: calls === 0 };
  return [
    {
      contender: SHARES,
      p50Ms: p50,
      p99Ms: percentile(shared, 0.99),
      peakRssMb: first?.peakRssMb() ?? null,
      upstreamCalls: calls,
      ratio: p50 / aloneP50,
      targets: [promise(none), atMost('p50', p50, 2, 'ms'), atMost('p50', p50 / DELAY_MS, 0.5, "× the upstream's")],
    },
    {
      contender: ALONE,
      p50Ms: aloneP50,
      p99Ms: percentile(alone, 0.99),
      peakRssMb: second?.peakRssMb() ?? null,
      upstreamCalls: shared.length,
      ratio: 1,
    },
  ];
}
