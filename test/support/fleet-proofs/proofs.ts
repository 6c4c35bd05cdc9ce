/** Proofs of the shared tier. Their duration is a parameter: short in the tests, long in `npm run soak`. */
import fc from 'fast-check';
import { until } from '../../harness/fleet.ts';
import { startBalancer } from './balancer.ts';
import { ask, inParallel, LIVE_TTL_MS, queryOf, type ProofFleet } from './proof-fleet.ts';

/** Broken rules. Empty if all is well. */
export type Failures = readonly string[];

const pick = <T>(from: readonly T[], index: number): T => {
  const found = from[index % from.length];
  if (found === undefined) throw new Error('expected something to pick from, got nothing');
  return found;
};

/** Random whole numbers, the same for the same seed. */
const numbers = (count: number, seed: number): readonly number[] => fc.sample(fc.nat(), { numRuns: count, seed });

export interface OneCall {
  readonly steps: number;
  readonly stepsAfterRestarts: number;
  readonly answers: number;
  readonly failures: Failures;
}

/** Queries finished runs at random gateways, which restart one by one behind nginx under load. */
export async function proveOneCall(
  fleet: ProofFleet,
  runs: number,
  requests: number,
  seed = 1,
  clients = 8,
): Promise<OneCall> {
  const { gateways, upstream, valkey } = fleet;
  const failures: string[] = [];
  let answers = 0;
  const askFor = async (url: string, run: number) => {
    const id = `run-${run % runs}`;
    const { status, outputs, text } = await ask(url, queryOf(id)).catch((error: unknown) => failed(error));
    answers += 1;
    if (outputs !== `output of ${id} for key-1`) failures.push(`${id}: HTTP ${status} ${text.slice(0, 200)}`);
  };
  const all = Array.from({ length: runs }, (_, run) => run);
  const random = numbers(requests, seed);
  await inParallel([...random, ...all].entries(), 16, async ([index, run]) =>
    askFor(pick(gateways, index + run).url, run),
  );
  const steps = upstream.count('steps');
  // A gateway answers before it has shared the record and the steps of each run.
  await until(async () => (await valkey.client.keys('stepgate:answer:*')).length === 2 * runs);

  const balancer = await startBalancer(gateways.map(({ url }) => url));
  let isOver = false;
  const load = inParallel(
    untilOver(() => isOver, random),
    clients,
    async (run) => askFor(balancer.url, run),
  );
  try {
    for (const gateway of gateways) await gateway.restart();
  } finally {
    isOver = true;
    await load;
    await balancer.close();
  }
  return { steps, stepsAfterRestarts: upstream.count('steps') - steps, answers, failures };
}

const failed = (error: unknown) => ({ status: 0, outputs: null, text: String(error) });

function* untilOver(isOver: () => boolean, random: readonly number[]): Generator<number> {
  for (let index = 0; !isOver(); index += 1) yield pick(random, index);
}

export interface Fault {
  readonly name: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
}

export interface Faulted {
  readonly answers: number;
  /** The slowest answer during the fault, in milliseconds. */
  readonly slowestMs: number;
  /** The time until all gateways shared one call again. */
  readonly backAfterMs: number;
  readonly failures: Failures;
}

/** Faults of Valkey. */
export function faultsOf({ valkey, link }: ProofFleet): readonly Fault[] {
  const setMemory = async (limit: string, policy: string) => {
    await valkey.client.config('SET', 'maxmemory', limit, 'maxmemory-policy', policy);
  };
  const setDelay = (ms: number) => {
    link.delayMs = ms;
  };
  return [
    {
      name: 'paused',
      begin() {
        valkey.pause();
      },
      end() {
        valkey.resume();
      },
    },
    { name: 'killed', begin: () => valkey.kill(), end: () => valkey.start() },
    { name: 'full', begin: () => setMemory('1mb', 'noeviction'), end: () => setMemory('0', 'noeviction') },
    { name: 'evicting', begin: () => setMemory('1500kb', 'volatile-lru'), end: () => setMemory('0', 'noeviction') },
    {
      name: 'slow',
      begin() {
        setDelay(200);
      },
      end() {
        setDelay(0);
      },
    },
  ];
}

/** Queries live and finished runs while Valkey fails. Each answer must be correct, and at most LIVE_TTL_MS old. */
export async function proveFault(fleet: ProofFleet, { name, begin, end }: Fault, durationMs: number): Promise<Faulted> {
  const { gateways, upstream } = fleet;
  const failures: string[] = [];
  let [answers, slowestMs] = [0, 0];
  const askOne = async (index: number) => {
    const id = index % 3 === 0 ? `live-${index % 30}` : `${name}-${index % 300}`;
    const sentAt = Date.now();
    const started = performance.now();
    const { status, outputs, text } = await ask(pick(gateways, index).url, queryOf(id)).catch(failed);
    slowestMs = Math.max(slowestMs, performance.now() - started);
    answers += 1;
    const isRight = id.startsWith('live-')
      ? Number(outputs) >= sentAt - LIVE_TTL_MS - CLOCKS_MS && outputs !== null
      : outputs === `output of ${id} for key-1`;
    if (!isRight) failures.push(`${name}, ${id}: HTTP ${status} ${text.slice(0, 200)}, sent at ${sentAt}`);
  };
  const endsAt = Date.now() + durationMs;
  await begin();
  await inParallel(
    counting(() => Date.now() < endsAt || answers < LEAST_ANSWERS),
    8,
    askOne,
  );
  await end();
  const endedAt = Date.now();
  let tries = 0;
  await until(async () => {
    tries += 1;
    const id = `${name}-after-${tries}`;
    await Promise.all(gateways.map(({ url }) => ask(url, queryOf(id))));
    return upstream.calls.filter(({ runId, endpoint }) => runId === id && endpoint === 'steps').length === 1;
  });
  return { answers, slowestMs, backAfterMs: Date.now() - endedAt, failures };
}

/** The minimum on a slow machine. */
const LEAST_ANSWERS = 20;
/** All clocks are this machine's, but each gateway measures Valkey's with a question that takes a while. */
const CLOCKS_MS = 250;

function* counting(goesOn: () => boolean): Generator<number> {
  for (let index = 0; goesOn(); index += 1) yield index;
}

/** Two viewers query the same ids at all gateways. Returns the answers with data of the other viewer. */
export async function proveSeparation(fleet: ProofFleet, attempts: number, seed = 1): Promise<Failures> {
  const failures: string[] = [];
  await inParallel(numbers(attempts, seed), 16, async (number) => {
    const key = number % 2 === 0 ? 'key-one' : 'key-two';
    const other = key === 'key-one' ? 'key-two' : 'key-one';
    // Few ids, so that each cache has both viewers at the same time; sometimes new ones, and live ones.
    const id = `${pick(['live', 'shared', 'shared', `new-${number % 1000}`], number >> 2)}-${(number >> 4) % 20}`;
    const { text } = await ask(pick(fleet.gateways, number >> 8).url, queryOf(id), key);
    if (text.includes(other) || !text.includes(`for ${key}`)) failures.push(`${key}, ${id}: ${text.slice(0, 200)}`);
  });
  return failures;
}

/** The words that are readable in any name or value in Valkey. */
export async function readableIn({ valkey: { client } }: ProofFleet, words: readonly string[]): Promise<Failures> {
  const found = new Set<string>();
  for await (const names of client.scanStream({ count: 1000 }) as AsyncIterable<readonly string[]>) {
    const contents = await Promise.all(names.map((name) => client.getBuffer(name)));
    for (const [index, name] of names.entries()) {
      const text = `${name}\n${contents[index]?.toString('latin1') ?? ''}`;
      for (const word of words) if (text.includes(word)) found.add(`${word} in ${name}`);
    }
  }
  return [...found];
}

/** The upstream refuses a key, and one gateway notices. Resolves with the time until all gateways refuse it. */
export async function proveWithdrawal(fleet: ProofFleet, key: string): Promise<number> {
  const { gateways, refused } = fleet;
  const held = (url: string) => ask(url, queryOf('held'), key);
  for (const { url } of [...gateways, ...gateways]) await held(url);
  refused.add(key);
  await ask(pick(gateways, 0).url, queryOf(`not-held-by-${key}`), key);
  const noticedAt = Date.now();
  await until(async () => {
    const answers = await Promise.all(gateways.map(({ url }) => held(url)));
    return answers.every(({ codes }) => codes.includes('UNAUTHENTICATED'));
  });
  return Date.now() - noticedAt;
}
