/** The memory of a gateway with a full cache under hostile clients: each attack is its own workload. */
import { fileURLToPath } from 'node:url';
import type { Attack, HostileJob } from '../clients/hostile.ts';
import type { HostileReport } from '../clients/hostile/tally.ts';
import { stepgate, withContenders, type StartedContender } from '../contenders.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { prime } from '../prime.ts';
import { askForData, runBody } from '../queries.ts';
import { runToEnd } from '../processes.ts';
import type { WorkloadResult } from '../report.ts';
import { percentile, type Bench } from '../rounds.ts';
import { stallOf, WATCHED } from '../stall.ts';
import { BOUND_NOTE, CACHE_MAX_BYTES, withinBound } from './memory.ts';

interface Hostile {
  readonly attack: Attack;
  readonly title: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly upstreamDelayMs?: number;
}

const CLIENT = fileURLToPath(new URL('../clients/hostile.ts', import.meta.url));
/** More runs than fit the cache. */
const RUNS = 9000;
/** The runs that were cached last. */
const CACHED_RUNS = 500;
const SAMPLE_EVERY_MS = 250;
const ASK_EVERY_MS = 100;

/** By the id of the workload, which begins with `memory-`. */
const HOSTILE: Readonly<Record<string, Hostile>> = {
  'memory-anonymous': {
    attack: 'anonymous',
    title: 'no key, texts of 100 KB to 1 MB',
    env: { TRUST_PROXY: '1' },
  },
  'memory-documents': { attack: 'documents', title: 'operations of 27 KB, each thrice' },
  'memory-keys': {
    attack: 'madeUpKeys',
    title: 'made-up keys, 100 runs each',
    env: { TRUST_PROXY: '1' },
    upstreamDelayMs: 50,
  },
  'memory-introspection': {
    attack: 'introspection',
    title: 'introspection without a key, of three addresses',
    env: { TRUST_PROXY: '1', NODE_ENV: 'development' },
  },
  'memory-answers': { attack: 'largeAnswers', title: 'JMESPath, and answers of 16 MB read slowly' },
  'memory-dense': { attack: 'denseAnswers', title: 'a path, and answers of 16 MB, of a million small values' },
  'memory-pipelining': { attack: 'pipelining', title: 'pipelined requests for 10 MB, never read' },
  'memory-live': { attack: 'live', title: '2,000 sockets, variables of 100 KB, unread streams' },
  'memory-persisted': {
    attack: 'persisted',
    title: 'registrations of 100 KB',
    env: { TRUST_PROXY: '1', PERSISTED_OPERATIONS: 'allow' },
  },
  'memory-responses': {
    attack: 'responseCache',
    title: 'large requests, each twice, of 5,000 keys',
    env: { TRUST_PROXY: '1' },
  },
};

export const hostileMemory: Readonly<Record<string, (bench: Bench) => Promise<WorkloadResult>>> = Object.fromEntries(
  Object.entries(HOSTILE).map(([id, hostile]) => [id, (bench: Bench) => measure(bench, id, hostile)]),
);

async function measure(
  bench: Bench,
  id: string,
  { attack, title, env, upstreamDelayMs = 0 }: Hostile,
): Promise<WorkloadResult> {
  const { fixture, settings, say } = bench;
  const seconds = settings.memorySeconds;
  const options = { upstreamUrl: fixture.url, env: { CACHE_MAX_BYTES: String(CACHE_MAX_BYTES), ...env }, ...WATCHED };
  return withContenders([stepgate], options, async ([contender]) => {
    if (!contender) throw new Error('Stepgate was not started');
    await fixture.set({ changeEveryMs: 1000 });
    try {
      say(`fills the cache with ${RUNS} runs`);
      await prime(contender, runIdOf(ORDINARY, 'memory-'), RUNS);
      await fixture.set({ delayMs: upstreamDelayMs });
      await fixture.reset();
      await stallOf(contender, 'reset');
      contender.resetPeakRss();
      say(`${title}, ${seconds} s`);
      const job: HostileJob = { attack, url: contender.url, seconds, cachedRuns: cachedRuns() };
      const { report, meanMb, goodKeyMs } = await underAttack(contender, job);
      const peakMb = contender.peakRssMb();
      const stallMs = await stallOf(contender, 'read');
      const { steps } = await fixture.calls();
      return {
        id,
        title: `${title}, ${seconds} s`,
        reference: '–',
        rows: [
          {
            contender: stepgate.name,
            requestsPerSecond: report.requests / seconds,
            p50Ms: percentile(goodKeyMs, 0.5),
            p99Ms: percentile(goodKeyMs, 0.99),
            peakRssMb: peakMb,
            upstreamCalls: steps,
            targets: withinBound(peakMb),
            note: `a good key: ${goodKeyMs.length} answers, p95 ${percentile(goodKeyMs, 0.95).toFixed(1)} ms; mean RSS ${Math.round(meanMb)} MB, ${report.requests} requests, longest stall ${Math.round(stallMs)} ms`,
          },
        ],
        notes: [
          BOUND_NOTE,
          `answers: ${Object.entries(report.answers)
            .map(([answer, count]) => `${count} × ${answer}`)
            .join(', ')}`,
        ],
      };
    } finally {
      await fixture.set({ changeEveryMs: 0, delayMs: 0 });
    }
  });
}

const cachedRuns = (): string[] =>
  Array.from({ length: CACHED_RUNS }, (_, index) => runIdOf(ORDINARY, `memory-${RUNS - 1 - index}`));

async function underAttack(contender: StartedContender, job: HostileJob) {
  const samples: number[] = [];
  const goodKeyMs: number[] = [];
  const timer = setInterval(() => samples.push(contender.rssMb() ?? 0), SAMPLE_EVERY_MS);
  let asked = 0;
  /** Waiting time of a client with a good key for a run that is not cached. */
  const asking = setInterval(() => {
    const runId = runIdOf(ORDINARY, `asked-${(asked += 1)}`);
    void askForData(contender.name, contender.url, runBody(runId)).then(
      ({ ms }) => goodKeyMs.push(ms),
      () => undefined,
    );
  }, ASK_EVERY_MS);
  try {
    const client = [process.execPath, CLIENT, JSON.stringify(job)];
    const report = JSON.parse(await runToEnd(client, { core: 1 }, (job.seconds + 60) * 1000)) as HostileReport;
    return { report, goodKeyMs, meanMb: samples.reduce((sum, sample) => sum + sample, 0) / samples.length };
  } finally {
    clearInterval(timer);
    clearInterval(asking);
  }
}
