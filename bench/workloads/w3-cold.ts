/** W3: one query over 100 runs that are not cached, with an upstream that takes 50 ms, and 50 calls at once. */
import {
  apolloGot,
  apolloPlain,
  bareScript,
  hive,
  mercuriusPlain,
  stepgate,
  withContenders,
  type Contender,
  type StartedContender,
} from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { ask, askForData, checkSameAnswers, runsBody } from '../queries.ts';
import { atMost, promise, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import type { Bench } from '../rounds.ts';

const RUNS = 100;
const DELAY_MS = 50;
const AT_ONCE = 50;
const WARMUPS = 2;
const MEASURED_A_PROCESS = 5;
const PEERS: readonly Contender[] = [mercuriusPlain, apolloPlain, hive];
const CONTENDERS: readonly Contender[] = [stepgate, bareScript, apolloGot, ...PEERS];

interface Taken {
  readonly firstMs: number[];
  /** The first query of a process whose key has been accepted by a query of one run. */
  readonly acceptedMs: number[];
  readonly warmMs: number[];
  readonly calls: number[];
}

const nothingTaken = (): Taken => ({ firstMs: [], acceptedMs: [], warmMs: [], calls: [] });

function takenOf(taken: ReadonlyMap<string, Taken>, { name }: Contender): Taken {
  const found = taken.get(name);
  if (!found) throw new Error(`${name} was not measured`);
  return found;
}

export async function w3Cold(bench: Bench): Promise<WorkloadResult> {
  const { fixture, settings, say } = bench;
  await fixture.set({ delayMs: DELAY_MS });
  const taken = new Map(CONTENDERS.map(({ name }) => [name, nothingTaken()]));
  // Each process has only one first query, so it needs more rounds.
  const rounds = settings.isShortened ? 1 : settings.rounds + 2;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const turn = round % CONTENDERS.length;
      for (const contender of [...CONTENDERS.slice(turn), ...CONTENDERS.slice(0, turn)]) {
        say(`round ${round + 1} of ${rounds}: ${contender.name}`);
        const own = takenOf(taken, contender);
        for (const measure of [measureProcess, measureAccepted]) {
          await withContenders([contender], optionsOf(fixture.url), async ([started]) => {
            if (started) await measure(started, own, bench);
          });
        }
      }
    }
    await compareAnswers(fixture.url);
  } finally {
    await fixture.set({ delayMs: 0 });
  }
  return {
    id: 'W3',
    title: 'cold, 100 runs',
    reference: bareScript.name,
    rows: CONTENDERS.map((contender) => toColdRow(contender, taken)),
    notes: [
      'p50 is the wall time of one query in a warm process',
      'each contender runs in a fresh process; before "a key that has been accepted", it answers a query of one run',
    ],
  };
}

const optionsOf = (upstreamUrl: string) => ({ upstreamUrl, env: { UPSTREAM_CONCURRENCY: String(AT_ONCE) } });

async function measureProcess(started: StartedContender, taken: Taken, { fixture }: Bench): Promise<void> {
  for (let query = 0; query < 1 + WARMUPS + MEASURED_A_PROCESS; query += 1) {
    await fixture.reset();
    const { ms } = await askFor(started, RUNS);
    taken.calls.push((await fixture.calls()).steps);
    if (query === 0) taken.firstMs.push(ms);
    if (query > WARMUPS) taken.warmMs.push(ms);
  }
}

/** Stepgate makes few calls with a key until the upstream has accepted it. */
async function measureAccepted(started: StartedContender, { acceptedMs }: Taken): Promise<void> {
  await askFor(started, 1);
  acceptedMs.push((await askFor(started, RUNS)).ms);
}

function askFor({ name, url }: StartedContender, runs: number): Promise<{ readonly ms: number }> {
  const ids = freshIds(runs);
  return name === bareScript.name ? askBare(url, ids) : askForData(name, url, runsBody(ids));
}

/** It returns the number of steps of each run. */
async function askBare(url: string, ids: readonly string[]): Promise<{ readonly ms: number }> {
  const { ms, text } = await ask(url, runsBody(ids));
  const expected = JSON.stringify({ stepCounts: ids.map(() => ORDINARY.steps) });
  if (text !== expected) throw new Error(`${bareScript.name} answered ${text.slice(0, 300)}`);
  return { ms };
}

let freshRuns = 0;
const freshIds = (runs: number): string[] =>
  Array.from({ length: runs }, () => runIdOf(ORDINARY, `cold-${(freshRuns += 1)}`));

async function compareAnswers(upstreamUrl: string): Promise<void> {
  const comparable = CONTENDERS.filter(({ name }) => name !== bareScript.name);
  await withContenders(comparable, optionsOf(upstreamUrl), (started) =>
    checkSameAnswers(started, runsBody(freshIds(RUNS))),
  );
}

function toColdRow(contender: Contender, taken: ReadonlyMap<string, Taken>): Row {
  const { name } = contender;
  const own = takenOf(taken, contender);
  const bare = takenOf(taken, bareScript);
  const wall = median(own.warmMs);
  const first = median(own.firstMs) / median(bare.firstMs);
  const accepted = median(own.acceptedMs) / median(bare.acceptedMs);
  const row: Row = {
    contender: name,
    p50Ms: wall,
    upstreamCalls: median(own.calls),
    ratio: wall / median(bare.warmMs),
    note: `first query ${first.toFixed(2)} × the bare one's; of an accepted key ${accepted.toFixed(2)} ×`,
  };
  if (name !== stepgate.name) return row;
  const wrong = own.calls.filter((calls) => calls !== RUNS).length;
  const bestWarmMs = Math.min(...PEERS.map((peer) => median(takenOf(taken, peer).warmMs)));
  return {
    ...row,
    targets: [
      promise({
        text: `exactly ${RUNS} steps calls (queries with another number)`,
        value: wrong,
        isReached: wrong === 0,
      }),
      atMost('wall', wall / median(takenOf(taken, apolloGot).warmMs), 1, '× Apollo over got'),
      atMost('wall', wall / bestWarmMs, 1.2, "× the best peer's over node:http"),
      atMost('first query', first, 2, "× the bare one's"),
      atMost('first query, of a key that has been accepted', accepted, 1.5, "× the bare one's"),
    ],
  };
}
