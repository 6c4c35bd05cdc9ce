/** W11: a hostile owner next to an accepted key that asks for cached runs. Each owner is its own workload. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { watchAcceptedKey, type Answer, type Asked } from '../clients/accepted-key.ts';
import type { Attack, HostileJob } from '../clients/hostile.ts';
import type { HostileReport } from '../clients/hostile/tally.ts';
import { BENCH, stepgate, withContenders } from '../contenders.ts';
import { DOCUMENTED_MIB } from '../container.ts';
import { ORDINARY, runIdOf } from '../fixture-runs.ts';
import { ISSUER, keySet } from '../issuer.ts';
import { freePort } from '../ports.ts';
import { prime } from '../prime.ts';
import { AUTHORIZATION } from '../queries.ts';
import { runToEnd } from '../processes.ts';
import { atMost, type WorkloadResult } from '../report.ts';
import { percentile, type Bench } from '../rounds.ts';
import { withinBound } from './memory.ts';

interface Owner {
  readonly attack: Attack;
  readonly title: string;
  readonly env?: () => Readonly<Record<string, string>>;
  readonly upstreamDelayMs?: number;
  /** Longest p95 of the first operation of new good keys. Without it none asks. */
  readonly newKeyMs?: number;
}

const CLIENT = fileURLToPath(new URL('../clients/hostile.ts', import.meta.url));
/** More runs than fit the cache. */
const RUNS = 9000;
const RUNS_OF_SHORTENED = 500;
const KEY_SET_FILE = `${BENCH}.build/jwks.json`;

const SLOW_UPSTREAM_MS = 1500;

const behindProxy = () => ({ TRUST_PROXY: '1' });

/** By the id of the workload. */
const OWNERS: Readonly<Record<string, Owner>> = {
  'W11-paths': { attack: 'paths', title: '400 requests for a path of a payload of 1 MiB' },
  'W11-large-payloads': { attack: 'largePayloads', title: 'a payload of 12 MB by a path and whole, one key' },
  'W11-leavers': { attack: 'leavers', title: '1,500 heavy known operations whose clients leave' },
  'W11-texts': { attack: 'texts', title: '600 new texts of 13.5 KB without a key' },
  'W11-dense-requests': {
    attack: 'denseRequests',
    title: '2,000 requests of 8 to 16 KB of dense JSON',
    upstreamDelayMs: 1000,
  },
  'W11-dense-subscriptions': { attack: 'denseSubscriptions', title: '5,000 subscriptions with dense JSON, one key' },
  'W11-dense-anonymous': {
    attack: 'denseAnonymous',
    title: 'dense JSON with made-up keys from 24 networks',
    env: behindProxy,
    upstreamDelayMs: 1000,
  },
  'W11-readers': { attack: 'readers', title: 'slow readers of 15 MB, and 13 slow uploads' },
  'W11-events': { attack: 'eventReaders', title: '12 streams of events of 2 MB that are not read' },
  'W11-uploads': { attack: 'uploads', title: '9,000 slow uploads of 1 MiB, one key' },
  'W11-idle': { attack: 'idleSockets', title: '100 idle sockets each of four networks', env: behindProxy },
  'W11-broken': { attack: 'brokenBodies', title: '600 bodies a minute of 1 MB of broken JSON, without a key' },
  'W11-headers': { attack: 'longHeaders', title: 'headers of 15 KB that are negotiated' },
  'W11-tokens': {
    attack: 'invalidTokens',
    title: 'tokens with a wrong signature',
    env: serviceMode,
  },
  'W11-half-open': {
    attack: 'halfOpen',
    title: '10,000 half-open connections from one address',
    env: () => ({ HOST: '0.0.0.0' }),
  },
  'W11-anonymous': { attack: 'anonymous', title: 'no key, texts of 100 KB to 1 MB', env: behindProxy },
  'W11-connections': { attack: 'connections', title: 'one known operation over 500 connections and as many new ones' },
  'W11-documents': { attack: 'documents', title: 'operations of 27 KB, each thrice' },
  'W11-keys': {
    attack: 'madeUpKeys',
    title: 'made-up keys, 100 runs each',
    env: behindProxy,
    upstreamDelayMs: 50,
  },
  'W11-slow-upstream': {
    attack: 'slowKeys',
    title: 'ten made-up keys a second from each of three addresses, a slow upstream',
    env: behindProxy,
    upstreamDelayMs: SLOW_UPSTREAM_MS,
    newKeyMs: 2 * SLOW_UPSTREAM_MS,
  },
  'W11-mcp-list': { attack: 'mcpList', title: 'tools/list over 1,000 connections, half of them with made-up keys' },
  'W11-mcp-arguments': { attack: 'mcpArguments', title: 'tools/call with 500,000 wrong items' },
  'W11-introspection': {
    attack: 'introspection',
    title: 'introspection without a key, of three addresses',
    env: () => ({ ...behindProxy(), NODE_ENV: 'development' }),
  },
  'W11-pipelining': { attack: 'pipelining', title: 'pipelined requests for 10 MB, never read' },
  'W11-live': { attack: 'live', title: '2,000 sockets, variables of 50 KB, unread streams' },
  'W11-messages': { attack: 'messages', title: '2,000 sockets with a message of 60 KB without its end, one key' },
  'W11-fragments': { attack: 'fragments', title: '50 sockets that send pieces of messages, and pings' },
  'W11-mutations': {
    attack: 'mutations',
    title: '250 starts with one idempotency key, whose 6 MB nobody reads',
    env: () => ({ UPSTREAM_ENDPOINTS: 'steps,execute' }),
  },
  'W11-open-bodies': {
    attack: 'openBodies',
    title: 'bodies of 1 MiB without their last byte, of forty networks',
    env: behindProxy,
  },
  'W11-persisted': {
    attack: 'persisted',
    title: 'registrations of 100 KB',
    env: () => ({ ...behindProxy(), PERSISTED_OPERATIONS: 'allow' }),
  },
  'W11-responses': {
    attack: 'responseCache',
    title: 'large requests, each twice, of 5,000 keys',
    env: behindProxy,
  },
  'W11-triage': {
    attack: 'triage',
    title: '90 windows of changes of 200 runs in one operation',
    env: () => ({ UPSTREAM_ENDPOINTS: 'steps,runs' }),
  },
  'W11-attempts': { attack: 'attempts', title: 'runs of 8,000 and 25,000 overlapping failures with equal inputs' },
  'W11-integers': {
    attack: 'integers',
    title: '1 MB of integers of 20 digits, without a key, from 24 networks',
    env: behindProxy,
  },
};

export const w11Fair: Readonly<Record<string, (bench: Bench) => Promise<WorkloadResult>>> = Object.fromEntries(
  Object.entries(OWNERS).map(([id, owner]) => [id, (bench: Bench) => measure(bench, id, owner)]),
);

async function measure(
  { fixture, settings, say }: Bench,
  id: string,
  { attack, title, env, upstreamDelayMs = 0, newKeyMs }: Owner,
): Promise<WorkloadResult> {
  const seconds = settings.attackSeconds;
  const opsPort = String(await freePort());
  const options = {
    upstreamUrl: fixture.url,
    env: { ...env?.(), OPS_PORT: opsPort },
    containerMib: DOCUMENTED_MIB,
  };
  return withContenders([stepgate], options, async ([contender]) => {
    if (!contender) throw new Error('Stepgate was not started');
    await fixture.set({ changeEveryMs: 1000 });
    try {
      const runs = settings.isShortened ? RUNS_OF_SHORTENED : RUNS;
      say(`fills the cache with ${runs} runs`);
      await prime(contender, runIdOf(ORDINARY, 'filler-'), runs);
      await fixture.set({ delayMs: upstreamDelayMs });
      await fixture.reset();
      contender.resetPeakRss();
      say(`${title}, ${seconds} s`);
      const watch = await watchAcceptedKey(contender.url, {
        opsUrl: `http://127.0.0.1:${opsPort}`,
        hasNewKeys: newKeyMs !== undefined,
      });
      const job: HostileJob = { attack, url: contender.url, seconds };
      const client = [process.execPath, CLIENT, JSON.stringify(job)];
      const report = JSON.parse(await runToEnd(client, { core: 1 }, (seconds + 60) * 1000)) as HostileReport;
      await watch.stop();
      const { exitCode, signalCode } = contender.process.child;
      const peakMb = contender.peakRssMb();
      const { steps } = await fixture.calls();
      const { asked, health } = watch;
      const ms = asked.filter(({ how }) => OVER_KEPT.has(how)).map((each) => each.ms);
      const ofNewKeys = percentile(
        asked.filter(({ how }) => how === 'new key').map((each) => each.ms),
        0.95,
      );
      const refused = refusalsOf(asked);
      const failedProbes = refusalsOf(health);
      return {
        id,
        title: `${title}, ${seconds} s`,
        reference: '–',
        rows: [
          {
            contender: stepgate.name,
            requestsPerSecond: report.requests / seconds,
            p50Ms: percentile(ms, 0.5),
            p99Ms: percentile(ms, 0.99),
            peakRssMb: peakMb,
            upstreamCalls: steps,
            problem: exitCode === null && signalCode === null ? null : `the gateway ended: ${exitCode ?? signalCode}`,
            targets: [
              atMost('the accepted key: p95', percentile(ms, 0.95), 500, 'ms'),
              ...(newKeyMs === undefined ? [] : [atMost('a new key: p95', ofNewKeys, newKeyMs, 'ms')]),
              atMost('refused', refused.length, 0),
              atMost('/healthz at OPS_PORT', Math.max(...health.map((each) => each.ms)), 1000, 'ms'),
              ...withinBound(peakMb),
            ],
            note: `p95 of ${HOWS.map((how) => `${how} ${p95Of(asked, how)}`).join(', ')} ms; ${asked.length} answers`,
          },
        ],
        notes: [
          `the owner sent ${report.requests}, and got ${counted(report.answers)}`,
          ...(contender.isContained ? [] : ['no container: Node took the memory of the machine for its own']),
          ...(refused.length > 0 ? [`the accepted key was refused: ${refused[0] ?? ''}`] : []),
          ...(failedProbes.length > 0 ? [`${failedProbes.length} × /healthz failed: ${failedProbes[0] ?? ''}`] : []),
        ],
      };
    } finally {
      await fixture.set({ changeEveryMs: 0, delayMs: 0 });
    }
  });
}

const HOWS: readonly Asked['how'][] = ['known', 'new text', 'socket'];
const OVER_KEPT: ReadonlySet<Asked['how']> = new Set(['known', 'new text']);

const refusalsOf = (answers: readonly Answer[]): readonly string[] => answers.flatMap(({ refusal }) => refusal ?? []);

const p95Of = (asked: readonly Asked[], how: Asked['how']): string =>
  percentile(
    asked.filter((each) => each.how === how).map(({ ms }) => ms),
    0.95,
  ).toFixed(0);

const counted = (answers: HostileReport['answers']): string =>
  Object.entries(answers)
    .map(([answer, count]) => `${count} × ${answer}`)
    .join(', ');

/** The accepted key is one of the gateway's own. */
function serviceMode(): Readonly<Record<string, string>> {
  writeFileSync(KEY_SET_FILE, keySet());
  const key = AUTHORIZATION.replace('Bearer ', '');
  return {
    ...behindProxy(),
    UPSTREAM_AUTH: 'service',
    UPSTREAM_API_KEY: key,
    GATEWAY_KEYS_SHA256: createHash('sha256').update(key).digest('hex'),
    AUTH_JWKS: KEY_SET_FILE,
    AUTH_ISSUER: ISSUER.issuer,
    AUTH_AUDIENCE: ISSUER.audience,
  };
}
