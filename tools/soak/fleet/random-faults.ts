/**
 * Live runs at three gateways while upstream, Valkey and gateways fail at random. Each answer is compared with the
 * upstream's own history: was it ever true, and not too long ago?
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Valkey } from '../../../test/harness/valkey.ts';
import { startGateways, type FleetOfGateways } from './gateways.ts';
import { stateText, type RunAnswer, type RunHistory, type StepState } from './run-history.ts';
import {
  MAX_DELAY_MS,
  SAMPLE_KEY,
  SAMPLE_WORKFLOW,
  startSampleUpstream,
  UPSTREAM_FAULTS,
  type SampleUpstream,
} from './sample-upstream.ts';
import { watchStalls } from './stalls.ts';
import { createWatchers, type ClientError, type Watcher, type Watchers } from './watchers.ts';

export interface FaultPlan {
  readonly durationMs: number;
  /** The duration is divided into periods. After each all clients rest, and the memory in use is measured. */
  readonly periods: number;
  /** Live at the same time. */
  readonly runs: number;
  readonly subscribersPerRun: number;
  readonly queriers: number;
  /** Milliseconds between faults, or null without any. */
  readonly faultEveryMs: number | null;
  /** Additional age that an answer may have on a busy machine. */
  readonly slackMs: number;
  /** The timeout of commands to Valkey. */
  readonly redisTimeoutMs: number;
  readonly random: () => number;
  readonly onProgress?: ((line: string) => void) | undefined;
}

export interface FaultReport {
  readonly runs: number;
  readonly answers: number;
  readonly staleAnswers: number;
  /** Upstream errors that clients received. */
  readonly reportedErrors: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly upstreamCalls: number;
  /** Calls for something that was called within LIVE_TTL_MS. A single gateway makes none. */
  readonly callsTooMany: number;
  /** The oldest answer that was not marked as stale. */
  readonly oldestMs: number;
  /** Resident bytes of the gateway that was never killed, at regular intervals. */
  readonly memory: readonly number[];
  /** Bytes in use after each period, without clients and after a collection. */
  readonly atRest: readonly number[];
  /** Answers that were wrong, too old, or missing. */
  readonly failures: readonly string[];
}

const LIVE_TTL_MS = 1000;
/** A small cache is soon full, so further growth is a leak. */
const SMALL_CACHE = { CACHE_MAX_BYTES: String(8 * 2 ** 20) };
const GATEWAYS = 3;
/** The time from a run's end until every subscriber must know it. */
const END_WITHIN_MS = 45_000;
/** Two retries, each after at most two seconds. */
const RETRIES_MS = 4500;
const FAULT_AND_RETRIES_MS = 8000;
const QUERY_PAUSE_MS = 50;
const LOOK_EVERY_MS = 1000;

const FIELDS = 'status steps { id status } freshness { isFinal isStale }';
const argumentsOf = (runId: string) => `(workflowId: "${SAMPLE_WORKFLOW}", id: "${runId}")`;

interface RunData {
  readonly steps: readonly StepState[] | null;
  readonly freshness: { readonly isFinal: boolean; readonly isStale: boolean };
}

interface TimedAnswer extends RunAnswer {
  readonly isFinal: boolean;
  readonly isStale: boolean;
  readonly by: string;
}

interface Errors {
  readonly errors?: readonly ClientError[] | undefined;
}

/** An upstream error that a client receives is not a wrong answer. */
const areOfUpstream = ({ errors = [] }: Errors): boolean =>
  errors.every(({ extensions }) => String(extensions?.code).startsWith('UPSTREAM_'));

export async function proveUnderFaults(plan: FaultPlan): Promise<FaultReport> {
  const upstream = await startSampleUpstream(plan.random);
  const valkey = await new Valkey().open();
  const gateways = await startGateways({
    count: GATEWAYS,
    upstreamUrl: upstream.url,
    redisUrl: valkey.url,
    areInspected: true,
    environment: { LIVE_TTL_MS: String(LIVE_TTL_MS), REDIS_TIMEOUT_MS: String(plan.redisTimeoutMs), ...SMALL_CACHE },
  });
  const watchers = createWatchers<{ readonly runUpdated: { readonly run: RunData } }>({
    nextUrl: gateways.nextUrl,
    key: SAMPLE_KEY,
    isFinal: ({ runUpdated: { run } }) => run.freshness.isFinal,
    isPassing: areOfUpstream,
  });
  try {
    await Promise.all(gateways.urls.map(acceptKey));
    return await prove(plan, { upstream, valkey, gateways, watchers });
  } finally {
    await watchers.close();
    await gateways.close();
    await valkey.close();
    await upstream.close();
  }
}

/** Until a key is accepted, all operations share the capacity of their network, and queries are rejected beyond it. */
async function acceptKey(url: string): Promise<void> {
  const response = await post(url, '{ workflows(first: 1) { nodes { id } } }');
  const { errors } = (await response.json()) as Errors;
  if (errors) throw new Error(`the key was not accepted: ${JSON.stringify(errors)}`);
}

const post = (url: string, query: string): Promise<Response> =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${SAMPLE_KEY}` },
    body: JSON.stringify({ query }),
  });

type Faults = Readonly<Record<string, () => Promise<void>>>;

interface Scene {
  readonly upstream: SampleUpstream;
  readonly valkey: Valkey;
  readonly gateways: FleetOfGateways;
  readonly watchers: Watchers<{ readonly runUpdated: { readonly run: RunData } }>;
}

async function prove(plan: FaultPlan, scene: Scene): Promise<FaultReport> {
  const { upstream, valkey, gateways, watchers } = scene;
  const { random, onProgress = () => undefined } = plan;
  let endsAt = 0;
  const goesOn = () => Date.now() < endsAt;
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];

  /** Answers to queries by run. */
  const asking = new Map<string, TimedAnswer[]>();
  const failures: string[] = [];
  const faults: Record<string, number> = {};
  const memory: number[] = [];
  const atRest: number[] = [];
  const stalls = watchStalls();
  /** The end of each fault. */
  const upstreamFaults: number[] = [];
  const survivor = gateways.urls[0] ?? '';
  let [runs, answers, staleAnswers, reportedErrors, oldestMs] = [0, 0, 0, 0, 0];

  async function followRun(): Promise<void> {
    const runId = await upstream.execute();
    const asked: TimedAnswer[] = [];
    asking.set(runId, asked);
    const query = `subscription { runUpdated${argumentsOf(runId)} { run { ${FIELDS} } } }`;
    const watching = Array.from({ length: plan.subscribersPerRun }, (_, index) =>
      index % 2 === 0 ? watchers.bySse(query) : watchers.bySocket(query),
    );
    const ended = Promise.all(watching.map(({ done }) => done)).then(
      () => null,
      (error: unknown) => String(error),
    );
    const late = pause(END_WITHIN_MS, 'not everybody has heard of its end', { ref: false });
    const problem = await Promise.race([ended, late]);
    asking.delete(runId);
    if (problem !== null) failures.push(`${runId}: ${problem}`);
    const history = await upstream.historyOf(runId);
    for (const watcher of watching) reportedErrors += watcher.passingErrors;
    for (const answer of [...asked, ...watching.flatMap(eventsOf)]) check(runId, history, answer);
    runs += 1;
  }

  /**
   * A gateway may receive an answer during a pause and read it later: its age grows by the pause. The proxy and the
   * clients are in this process.
   */
  const stalledMs = ({ askedAtMs, cameAtMs }: TimedAnswer): number =>
    2 * stalls.longestMs(askedAtMs - LIVE_TTL_MS, cameAtMs + LIVE_TTL_MS + 2 * LOOK_EVERY_MS);

  /** Record and steps are fetched together: while one is tried again, the other gets older. */
  const retriedMs = ({ cameAtMs }: TimedAnswer): number =>
    upstreamFaults.some((endedAtMs) => Math.abs(cameAtMs - endedAtMs) < FAULT_AND_RETRIES_MS) ? RETRIES_MS : 0;

  function check(runId: string, history: RunHistory, answer: TimedAnswer): void {
    const { isFinal, isStale, state, by } = answer;
    const ageMs = history.ageOf(answer);
    answers += 1;
    if (isStale) staleAnswers += 1;
    else oldestMs = Math.max(oldestMs, ageMs ?? 0);
    if (ageMs === null) failures.push(`${runId} by ${by}: never true: ${state}`);
    else if (isFinal && state !== history.last) failures.push(`${runId} by ${by}: not what it ended as: ${state}`);
    else if (!isStale && ageMs > LIVE_TTL_MS + MAX_DELAY_MS + plan.slackMs + stalledMs(answer) + retriedMs(answer)) {
      failures.push(`${runId} by ${by}: ${ageMs} ms too old at ${answer.cameAtMs}`);
    }
  }

  async function query(): Promise<void> {
    const [runId, asked] = pick([...asking]) ?? [];
    const url = pick(gateways.urls);
    if (runId === undefined || !asked || url === undefined) return;
    const askedAtMs = Date.now();
    const response = await post(url, `{ run${argumentsOf(runId)} { ${FIELDS} } }`);
    const body = (await response.json()) as Errors & { readonly data?: { readonly run?: RunData | null } };
    if (body.errors) reportedErrors += 1;
    if (!areOfUpstream(body)) failures.push(`${runId} by a query: ${JSON.stringify(body.errors)}`);
    const answer = body.data?.run && answerOf(body.data.run, askedAtMs, Date.now(), 'a query');
    if (answer) asked.push(answer);
  }

  /** A killed gateway answers nothing more, so its clients query another. */
  const queryAgain = async (): Promise<void> => {
    while (goesOn()) {
      await query().catch(() => undefined);
      await pause(QUERY_PAUSE_MS);
    }
  };

  async function failUpstream(): Promise<void> {
    upstream.fault = pick(UPSTREAM_FAULTS) ?? null;
    await pause(500 + random() * 1500);
    upstream.fault = null;
    upstreamFaults.push(Date.now());
  }

  const ofPartners: Faults = {
    'the upstream fails': failUpstream,
    async 'Valkey stands still'() {
      valkey.pause();
      await pause(200 + random() * 1500);
      valkey.resume();
    },
    async 'Valkey is killed'() {
      await valkey.kill();
      await pause(random() * 1000);
      await valkey.start();
    },
  };
  const ofGateways: Faults = {
    async 'a gateway is killed'() {
      const url = pick(gateways.urls.filter((each) => each !== survivor));
      if (url !== undefined) await gateways.kill(url);
      await gateways.start();
    },
    async 'a gateway stops'() {
      const url = pick(gateways.urls.filter((each) => each !== survivor));
      if (url !== undefined) await gateways.stop(url);
      await gateways.start();
    },
  };

  /** Each kind once before any kind repeats. */
  async function failAtRandom(kinds: Faults): Promise<void> {
    if (plan.faultEveryMs === null) return;
    let left: string[] = [];
    while (goesOn()) {
      await pause(plan.faultEveryMs * (0.5 + random()));
      if (!goesOn()) return;
      if (left.length === 0) left = Object.keys(kinds);
      const kind = pick(left) ?? '';
      left = left.filter((each) => each !== kind);
      faults[kind] = (faults[kind] ?? 0) + 1;
      await kinds[kind]?.();
    }
  }

  async function lookAt(url: string): Promise<void> {
    const text = await fetch(`${url}/metrics`).then((response) => response.text());
    const valueOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    // The longest lag since the last scrape.
    stalls.add(valueOf('nodejs_eventloop_lag_max_seconds') * 1000);
    if (url !== survivor) return;
    memory.push(valueOf('process_resident_memory_bytes'));
  }

  async function look(): Promise<void> {
    for (let looks = 0; goesOn(); looks += 1) {
      await Promise.all(gateways.urls.map((url) => lookAt(url).catch(() => undefined)));
      const megabytes = ((memory.at(-1) ?? 0) / 2 ** 20).toFixed(0);
      if (looks % 10 === 0)
        onProgress(`${runs} runs, ${answers} answers, ${failures.length} failures, ${megabytes} MiB`);
      await pause(LOOK_EVERY_MS);
    }
  }

  const runAgain = async (): Promise<void> => {
    while (goesOn()) await followRun();
  };
  for (let period = 0; period < plan.periods; period += 1) {
    endsAt = Date.now() + plan.durationMs / plan.periods;
    await Promise.all([
      ...Array.from({ length: plan.runs }, runAgain),
      ...Array.from({ length: plan.queriers }, queryAgain),
      failAtRandom(ofPartners),
      failAtRandom(ofGateways),
      look(),
    ]);
    atRest.push(await gateways.liveBytesOf(survivor));
  }
  stalls.close();
  // Valkey's clock is known to within some milliseconds.
  const callsTooMany = upstream.callsAgainWithin(LIVE_TTL_MS * 0.9);
  return {
    runs,
    answers,
    staleAnswers,
    reportedErrors,
    faults,
    upstreamCalls: upstream.calls,
    callsTooMany,
    oldestMs,
    memory,
    atRest,
    failures,
  };
}

/** Returns null if the steps could not be loaded. */
function answerOf(run: RunData, askedAtMs: number, cameAtMs: number, by: string): TimedAnswer | null {
  const { steps, freshness } = run;
  return steps && { askedAtMs, cameAtMs, state: stateText(steps), ...freshness, by };
}

const eventsOf = ({ events, by }: Watcher<{ readonly runUpdated: { readonly run: RunData } }>): TimedAnswer[] =>
  events.flatMap(
    ({
      atMs,
      data: {
        runUpdated: { run },
      },
    }) => answerOf(run, atMs, atMs, by) ?? [],
  );
