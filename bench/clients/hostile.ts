/** A hostile client of the gateway for some seconds. Reads the job as JSON, prints its requests and answers as JSON. */
import { anonymous, documents, introspection, madeUpKeys, persisted, responseCache } from './hostile/floods.ts';
import { denseAnswers, largeAnswers, pipelining } from './hostile/bad-readers.ts';
import { live } from './hostile/live.ts';
import { createTally, type HostileReport } from './hostile/tally.ts';

export type Attack = keyof typeof ATTACKS;

export interface HostileJob {
  readonly attack: Attack;
  /** URL of GraphQL. */
  readonly url: string;
  readonly seconds: number;
  /** Ids of runs in the gateway's cache. */
  readonly cachedRuns: readonly string[];
}

const ATTACKS = {
  anonymous,
  documents,
  madeUpKeys,
  introspection,
  largeAnswers,
  denseAnswers,
  pipelining,
  live,
  persisted,
  responseCache,
};

const job = JSON.parse(process.argv[2] ?? '') as HostileJob;
const tally = createTally();
const untilMs = Date.now() + job.seconds * 1000;
await ATTACKS[job.attack]({ url: new URL(job.url), untilMs, cachedRuns: job.cachedRuns, tally });
const report: HostileReport = tally.report();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
