/** A hostile owner of the gateway for some seconds. Reads the job as JSON, prints its requests and answers as JSON. */
import {
  brokenBodies,
  denseAnonymous,
  denseRequests,
  largePayloads,
  leavers,
  longHeaders,
  paths,
  texts,
} from './hostile/bursts.ts';
import {
  anonymous,
  connections,
  documents,
  introspection,
  invalidTokens,
  madeUpKeys,
  persisted,
  responseCache,
  slowKeys,
} from './hostile/floods.ts';
import { attempts, integers, triage } from './hostile/figures.ts';
import { getAccepted } from './hostile/flood.ts';
import { mcpArguments, mcpList } from './hostile/mcp.ts';
import { eventReaders, halfOpen, mutations, openBodies, pipelining, readers, uploads } from './hostile/slow.ts';
import { denseSubscriptions, fragments, idleSockets, live, messages } from './hostile/sockets.ts';
import { createTally, type HostileReport } from './hostile/tally.ts';

export type Attack = keyof typeof ATTACKS;

export interface HostileJob {
  readonly attack: Attack;
  /** URL of GraphQL. */
  readonly url: string;
  readonly seconds: number;
}

const ATTACKS = {
  paths,
  largePayloads,
  leavers,
  texts,
  denseRequests,
  denseSubscriptions,
  denseAnonymous,
  readers,
  eventReaders,
  uploads,
  idleSockets,
  brokenBodies,
  longHeaders,
  invalidTokens,
  halfOpen,
  anonymous,
  connections,
  documents,
  madeUpKeys,
  introspection,
  pipelining,
  live,
  messages,
  fragments,
  mutations,
  openBodies,
  persisted,
  responseCache,
  triage,
  attempts,
  integers,
  mcpList,
  mcpArguments,
  slowKeys,
};

const job = JSON.parse(process.argv[2] ?? '') as HostileJob;
const url = new URL(job.url);
await getAccepted(url);
const tally = createTally();
const untilMs = Date.now() + job.seconds * 1000;
// Answers that come later are not waited for: some owners get theirs after minutes.
await Promise.race([ATTACKS[job.attack]({ url, untilMs, tally }), ended()]);
const report: HostileReport = tally.report();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));

function ended(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, job.seconds * 1000));
}
