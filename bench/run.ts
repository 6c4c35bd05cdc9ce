/** `npm run bench`: measures Stepgate and its peers, and reports which targets are reached. */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildContenders, CHECKOUT, ROOT } from './contenders.ts';
import { startFixture } from './fixture.ts';
import { installPeers } from './install.ts';
import { generator } from './load.ts';
import { beTheOnlyOne } from './only-one.ts';
import { isAwake, isPinned } from './processes.ts';
import { problemsOf, toText, type MeasuredWorkload, type Report, type WorkloadResult } from './report.ts';
import { save } from './results.ts';
import type { Bench, BenchSettings } from './rounds.ts';
import { memory } from './workloads/memory.ts';
import { w1Hot } from './workloads/w1-hot.ts';
import { w2Warm } from './workloads/w2-warm.ts';
import { w2bHeld } from './workloads/w2b-held.ts';
import { w3Cold } from './workloads/w3-cold.ts';
import { w3bOne } from './workloads/w3b-one.ts';
import { w4Stampede } from './workloads/w4-stampede.ts';
import { w5Live } from './workloads/w5-live.ts';
import { w5bLargeLive } from './workloads/w5b-large-live.ts';
import { w6Large } from './workloads/w6-large.ts';
import { w7Start } from './workloads/w7-start.ts';
import { w8Growth } from './workloads/w8-growth.ts';
import { w9Nginx } from './workloads/w9-nginx.ts';
import { w10Fleet } from './workloads/w10-fleet.ts';
import { w11Fair } from './workloads/w11-fair.ts';
import { w12Triage } from './workloads/w12-triage.ts';

const WORKLOADS: Readonly<Record<string, (bench: Bench) => Promise<WorkloadResult>>> = {
  W1: w1Hot,
  W2: w2Warm,
  W2b: w2bHeld,
  W3: w3Cold,
  W3b: w3bOne,
  W4: w4Stampede,
  W5: w5Live,
  W5b: w5bLargeLive,
  W6: w6Large,
  W7: w7Start,
  W8: w8Growth,
  W9: w9Nginx,
  W10: w10Fleet,
  ...w11Fair,
  W12: w12Triage,
  memory,
};

const USAGE = `npm run bench -- [${Object.keys(WORKLOADS).join('|')}]… [--seconds N] [--rounds N] [--attack-seconds N]
  --seconds N          seconds of load on a contender in a round (default: 5); below 3 the run is only a test, and no figure is kept
  --rounds N           rounds of all contenders (default: 3)
  --attack-seconds N   seconds of the memory workload and of each owner of W11 (default: 60); \`W11\` selects all owners
STEPGATE_CHECKOUT names the folder of another checkout, whose gateway is measured by these clients. No figure is kept.`;
const SECONDS = 5;
const WARMUP_SECONDS = 3;
const LEAST_SECONDS = 3;
/** A run that hangs is ended. Without W11 and memory a run takes less than a quarter of an hour. */
const WATCHDOG_MS = 30 * 60_000;
const LONG_WORKLOADS = 1 + Object.keys(w11Fair).length;
/** To fill the cache, and for the last answers after an attack. */
const AROUND_ATTACK_MS = 120_000;

function stopWith(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

function readArguments(): { settings: BenchSettings; ids: readonly string[] } {
  try {
    const number = { type: 'string' } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seconds: number, rounds: number, 'attack-seconds': number },
    });
    const seconds = positive('--seconds', values.seconds, SECONDS);
    const isShortened = seconds < LEAST_SECONDS;
    const isOf = (id: string, name: string) => id === name || id.startsWith(`${name}-`);
    const unknown = positionals.find((name) => !Object.keys(WORKLOADS).some((id) => isOf(id, name)));
    if (unknown !== undefined) throw new Error(`unknown workload ${unknown}`);
    return {
      settings: {
        seconds,
        warmupSeconds: Math.min(WARMUP_SECONDS, seconds),
        rounds: positive('--rounds', values.rounds, isShortened ? 1 : 3),
        attackSeconds: positive('--attack-seconds', values['attack-seconds'], isShortened ? seconds : 60),
        isShortened,
      },
      ids: Object.keys(WORKLOADS).filter(
        (id) => positionals.length === 0 || positionals.some((name) => isOf(id, name)),
      ),
    };
  } catch (error) {
    stopWith(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

/** Whole numbers: wrk accepts no others. */
function positive(name: string, text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} must be a whole number above 0, got ${text ?? ''}`);
}

const say = (text: string): void => {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
};

const { settings, ids } = readArguments();
const startedAt = new Date();
setTimeout(
  () => stopWith('the bench took too long and was ended'),
  WATCHDOG_MS + LONG_WORKLOADS * (settings.attackSeconds * 1000 + AROUND_ATTACK_MS),
).unref();

try {
  beTheOnlyOne();
} catch (error) {
  stopWith(error instanceof Error ? error.message : String(error));
}
await installPeers(say);
say('compiling Stepgate and the peers');
await buildContenders();
const fixture = await startFixture();

const git = (...args: string[]): string =>
  spawnSync('git', ['-C', CHECKOUT, ...args])
    .stdout.toString()
    .trim();
const commit = `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : ' and changes'}`;
const workloads: MeasuredWorkload[] = [];
const failures: string[] = [];
for (const id of ids) {
  const measure = WORKLOADS[id];
  if (!measure) continue;
  const beganAt = performance.now();
  try {
    const result = await measure({
      settings,
      fixture,
      say: (text) => {
        say(`${id} ${text}`);
      },
    });
    const tookSeconds = Math.round((performance.now() - beganAt) / 1000);
    failures.push(...problemsOf(result));
    workloads.push({ ...result, commit, measuredAt: new Date().toISOString(), tookSeconds });
  } catch (error) {
    failures.push(`${id} failed: ${error instanceof Error ? error.message : String(error)}`);
    say(failures.at(-1) ?? '');
  }
}

const report: Report = {
  startedAt: startedAt.toISOString(),
  machine: {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    pinned: isPinned,
    awake: isAwake,
    node: process.version,
    load: generator,
  },
  settings: { rounds: settings.rounds, seconds: settings.seconds, 'warm-up seconds': settings.warmupSeconds },
  workloads,
};
process.stdout.write(`\n${toText(workloads)}\n\n`);
const isKept = !settings.isShortened && CHECKOUT === ROOT;
if (workloads.length > 0) for (const path of save(report, isKept)) say(`written: ${path}`);
for (const failure of failures) process.stderr.write(`${failure}\n`);
if (settings.isShortened) say('shortened: these figures only show that the bench works');
process.exit(failures.length > 0 ? 1 : 0);
