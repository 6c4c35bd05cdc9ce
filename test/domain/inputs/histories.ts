/** Random histories of failed and completed runs: with a planted cause among distractors, or without any. */
import { commonInputs, type CommonInputs } from '../../../src/domain/inputs/common-inputs.ts';
import { passes, type InputTest, type Scalar } from '../../../src/domain/inputs/input-test.ts';
import { inputValues } from '../../../src/domain/inputs/input-values.ts';
import { parseInputPath } from '../../../src/domain/inputs/input-path.ts';
import type { JsonObject, JsonValue } from '../../../src/domain/types.ts';

export interface RunWithInputs {
  readonly runId: string;
  readonly isFailed: boolean;
  readonly inputs: JsonValue;
}

export type Random = () => number;

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function found(runs: readonly RunWithInputs[]): CommonInputs {
  const compared = runs.flatMap(({ runId, isFailed, inputs }) => {
    const values = inputValues(inputs);
    return values ? [{ runId, isFailed, inputs: values }] : [];
  });
  const work = commonInputs(compared);
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}

/** As the group compares them: from the first failed run to the last. */
export function between(runs: readonly RunWithInputs[]): RunWithInputs[] {
  const isFailed = ({ isFailed }: RunWithInputs) => isFailed;
  return runs.slice(runs.findIndex(isFailed), runs.findLastIndex(isFailed) + 1);
}

interface Condition {
  readonly path: string;
  readonly test: InputTest;
  readonly value: Scalar | null;
}

export const holds = (inputs: JsonValue, { path, test, value }: Condition): boolean =>
  passes(inputs, { path: parseInputPath(path) ?? [], test, value });

const REGIONS = ['us', 'us', 'us', 'us', 'apac', 'apac', 'latam', 'me', 'af', 'eu'];
const LOCALES = ['en', 'en', 'en', 'es', 'fr', 'ja', 'pt', 'zh', 'ko', 'de'];
const PLANS = ['free', 'free', 'free', 'team', 'team', 'business'];
const MODELS = ['small', 'small', 'medium', 'large'];

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const logNormal = (random: Random, median: number, spread: number): number =>
  median * Math.exp(spread * normal(random));

/**
 * About a hundred facts: ids, dates, skewed values, long strings, fields that follow from another field, that are the same for
 * successive runs, or that a deployment changes. `share`: time of the run, 0 to 1.
 */
export function randomInputs(random: Random, share: number, session: Session): JsonObject {
  const region = pick(random, REGIONS);
  const day = Math.floor(share * 7);
  const count = Math.floor(logNormal(random, 8, 0.9));
  return {
    requestId: Math.floor(random() * 2 ** 50).toString(36),
    customer: {
      id: `c-${Math.floor(400 * random() ** 3)}`,
      region,
      continent: region === 'us' || region === 'latam' ? 'america' : region === 'eu' ? 'europe' : 'other',
      currency: random() < 0.9 ? ({ us: 'usd', eu: 'eur' }[region] ?? 'local') : 'usd',
      plan: pick(random, PLANS),
      seats: Math.floor(logNormal(random, 12, 1.2)),
      isTrial: random() < 0.1,
      ...(random() < 0.1 && { coupon: `SAVE${Math.floor(random() * 4) * 5}` }),
      age: Math.floor(random() * 900),
    },
    date: `2026-11-${10 + day}`,
    week: day < 4 ? 46 : 47,
    schema: share < session.deployedAt ? 3 : 4,
    ...(share >= session.deployedAt && { tracing: true }),
    tenant: session.tenant,
    batch: session.batch,
    locale: pick(random, LOCALES),
    text: 'x'.repeat(Math.min(3000, Math.floor(logNormal(random, 240, 0.8)))),
    title: 'Lorem ipsum dolor sit amet '.slice(0, 5 + Math.floor(random() * 20)),
    items: Array.from({ length: Math.min(200, count) }, () => 0),
    itemCount: count,
    options: {
      model: pick(random, MODELS),
      temperature: Math.round(random() * 10) / 10,
      retries: Math.floor(3 * random() ** 2),
      isDryRun: random() < 0.03,
      limits: { tokens: 256 * 2 ** Math.floor(random() * 5), seconds: 30 + 30 * Math.floor(random() * 3) },
      flags: { a: random() < 0.5, b: random() < 0.2, c: random() < 0.85 },
    },
    ...(random() < 0.3 && {
      attachment: { kind: pick(random, ['pdf', 'png', 'csv']), bytes: Math.floor(logNormal(random, 1e5, 2)) },
    }),
    weekday: day,
    hour: Math.floor(share * 7 * 24) % 24,
  };
}

interface Session {
  readonly tenant: string;
  readonly batch: number;
  readonly deployedAt: number;
}

/** Runs in order of their start. Tenants come in bursts. */
export function randomRuns(
  random: Random,
  count: number,
  failsAt: (share: number, inputs: JsonObject) => number,
): RunWithInputs[] {
  let session = { tenant: 't-0', batch: 0, deployedAt: random() };
  return Array.from({ length: count }, (_, at) => {
    if (random() < 0.2)
      session = { ...session, tenant: `t-${Math.floor(12 * random() ** 2)}`, batch: session.batch + 1 };
    const inputs = randomInputs(random, at / count, session);
    return { runId: `run-${at}`, inputs, isFailed: random() < failsAt(at / count, inputs) };
  });
}

export interface Cause extends Condition {
  readonly name: string;
}

/** Each holds in about a tenth of all runs. */
export const CAUSES: readonly Cause[] = [
  { name: 'region', path: 'customer.region', test: 'EQUALS', value: 'eu' },
  { name: 'locale', path: 'locale', test: 'EQUALS', value: 'de' },
  { name: 'boolean', path: 'customer.isTrial', test: 'EQUALS', value: true },
  { name: 'present field', path: 'customer.coupon', test: 'PRESENT', value: null },
  { name: 'long text', path: 'text', test: 'LENGTH_AT_LEAST', value: 700 },
  { name: 'many items', path: 'items', test: 'LENGTH_AT_LEAST', value: 25 },
  { name: 'large number', path: 'customer.seats', test: 'AT_LEAST', value: 60 },
];

/** The newest runs with so many failed and completed ones, of which these shares have the cause. */
export interface Planted {
  readonly failed: number;
  readonly completed: number;
  readonly failedShare: number;
  readonly completedShare: number;
}

/** Runs of which exactly these shares have the cause, in random order, from a failed run to a failed run. */
export function plantedRuns(random: Random, causes: readonly Cause[], planted: Planted): RunWithInputs[] {
  const { failed, completed, failedShare, completedShare } = planted;
  const kinds = [
    ...Array.from({ length: failed }, (_, at) => ({ isFailed: true, hasCause: at < Math.ceil(failedShare * failed) })),
    ...Array.from({ length: completed }, (_, at) => ({
      isFailed: false,
      hasCause: at < Math.floor(completedShare * completed),
    })),
  ];
  const shuffled = kinds.map((kind) => ({ kind, key: random() })).sort((a, b) => a.key - b.key);
  const ends = shuffled.splice(
    shuffled.findIndex(({ kind }) => kind.isFailed),
    1,
  );
  const last = shuffled.splice(
    shuffled.findIndex(({ kind }) => kind.isFailed),
    1,
  );
  const session = { tenant: 't-0', batch: 0, deployedAt: random() };
  const order = [...ends, ...shuffled, ...last];
  return order.map(({ kind: { isFailed, hasCause } }, at) => {
    // With several causes, each failed run with a cause has one of them.
    const cause = causes[at % causes.length];
    for (;;) {
      const inputs = randomInputs(random, at / order.length, {
        ...session,
        tenant: `t-${Math.floor(12 * random() ** 2)}`,
      });
      const isLike = hasCause
        ? cause !== undefined && holds(inputs, cause)
        : causes.every((each) => !holds(inputs, each));
      if (isLike) return { runId: `run-${at}`, isFailed, inputs };
    }
  });
}

/** Whether one of the claims is about the cause, or about a field that follows from it. */
export function isFound({ nodes }: CommonInputs, { path }: Cause): boolean {
  const names =
    path === 'customer.region'
      ? [path, 'customer.continent', 'customer.currency']
      : path === 'items'
        ? [path, 'itemCount']
        : [path];
  return nodes.some((node) => names.includes(node.path));
}

/** How failures come over the time of a history, 0 to 1: none of them depends on the inputs. */
const RATES: readonly ((random: Random) => (share: number) => number)[] = [
  (random) => {
    const rate = 0.03 + 0.37 * random();
    return () => rate;
  },
  // A deployment makes a rare failure frequent.
  (random) => {
    const [deployedAt, rate] = [random(), 0.06 + 0.74 * random()];
    return (share) => (share < deployedAt ? 0.02 : rate);
  },
  // A deployment that is rolled back, or an outage.
  (random) => {
    const [from, length] = [random(), 0.05 + 0.3 * random()];
    return (share) => (share > from && share < from + length ? 0.8 : 0.05);
  },
  () => (share) => (Math.sin(33 * share) > 0.5 ? 0.6 : 0.03),
];

/** 30 to 400 runs whose failures are not caused by the inputs. */
export function causelessRuns(seed: number): RunWithInputs[] {
  const random = createRandom(seed);
  const count = 30 + Math.floor(370 * random());
  const rateAt = RATES[seed % RATES.length]?.(random) ?? (() => 0);
  return between(randomRuns(random, count, rateAt));
}

/** Histories of the seeds in which something is claimed although there is nothing. */
export const falseClaims = (seeds: readonly number[]): number =>
  seeds.filter((seed) => found(causelessRuns(seed)).nodes.length > 0).length;

/** Share of histories in which all causes are found. */
export function foundShare(causes: readonly Cause[], planted: Planted, seeds: readonly number[]): number {
  const isComplete = (seed: number): boolean => {
    const claims = found(plantedRuns(createRandom(seed), causes, planted));
    return causes.every((cause) => isFound(claims, cause));
  };
  return seeds.filter(isComplete).length / seeds.length;
}

export const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => first + at);
