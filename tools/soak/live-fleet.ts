/**
 * 600 subscribers of 20 live runs at three gateways, first without faults, then with random faults of upstream, Valkey and
 * gateways. Real processes and a real Valkey: `node tools/soak/live-fleet.ts [seed] [minutes]`.
 */
import { createRandom } from '../../src/sample/random.ts';
import { proveUnderFaults, type FaultPlan, type FaultReport } from './fleet/random-faults.ts';

const [seed = String(Date.now() % 2 ** 31), minutes = '10'] = process.argv.slice(2);
const MINUTE_MS = 60_000;
const MAX_GROWTH = 0.05;

const say = (line: string) => void process.stdout.write(`${line}\n`);

const plan: Pick<FaultPlan, 'runs' | 'subscribersPerRun' | 'queriers' | 'slackMs' | 'random' | 'onProgress'> = {
  runs: 20,
  subscribersPerRun: 30,
  queriers: 8,
  // The machine is busy with all of these processes.
  slackMs: 1500,
  random: createRandom(seed, 'live-fleet').next,
  onProgress: say,
};

const megabytes = (samples: readonly number[]): string =>
  samples.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(' ');

function report(name: string, found: FaultReport): void {
  const { runs, answers, staleAnswers, reportedErrors, upstreamCalls, callsTooMany, oldestMs, faults, failures } =
    found;
  const figures = { runs, answers, staleAnswers, reportedErrors, upstreamCalls, callsTooMany, oldestMs };
  say(`${name}: ${JSON.stringify({ ...figures, ...faults })}`);
  for (const failure of failures.slice(0, 20)) say(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

say(`seed ${seed}, ${minutes} minutes`);
const durationMs = Number(minutes) * MINUTE_MS;
// On a busy machine Valkey is late at times, which causes more calls, and calls are counted here.
const inPeace = { durationMs: durationMs * 0.2, periods: 1, faultEveryMs: null, redisTimeoutMs: 1000 };
report('in peace', await proveUnderFaults({ ...plan, ...inPeace }));
const inTrouble = { durationMs: durationMs * 0.8, periods: 4, faultEveryMs: 4000, redisTimeoutMs: 50 };
const faulty = await proveUnderFaults({ ...plan, ...inTrouble });
report('under faults', faulty);
const { memory, atRest } = faulty;
say(`resident: ${megabytes(memory.filter((_bytes, index) => index % 30 === 0))} MiB`);
// In the first period the gateways are still compiling.
const growth = (atRest.at(-1) ?? Infinity) / (atRest[1] ?? 0) - 1;
say(`in use at rest: ${megabytes(atRest)} MiB; it grew by ${(growth * 100).toFixed(1)} %`);
if (!(growth < MAX_GROWTH)) process.exitCode = 1;
