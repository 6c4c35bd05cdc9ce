/** A fleet in this process: gateways over a scripted upstream and a new Valkey. */
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import type { Overrides } from '../../src/gateway.ts';
import { startUpstream, type Call, type ScriptedUpstream, type Reply, type Script } from './upstream.ts';
import { startGateways } from './fleet.ts';
import { until } from './until.ts';
import type { TestGateway } from './gateway.ts';
import { scrape } from './observed.ts';
import { startValkey, type TestValkey } from './valkey.ts';
import { wireRun, wireStep } from './wire.ts';

export interface ScriptedFleet {
  readonly valkey: TestValkey;
  readonly upstream: ScriptedUpstream;
  /** Starts further gateways, which are closed with the fleet. */
  start(
    count: number,
    environment?: Readonly<Record<string, string>>,
    overrides?: Overrides,
  ): Promise<readonly [TestGateway, TestGateway, TestGateway]>;
  /** The keys in Valkey of one purpose: `answer`, `right`, `call`, … */
  names(purpose: string): Promise<readonly string[]>;
  /** Resolves when this number of answers is stored; answers to clients do not wait for that. */
  stored(count: number): Promise<void>;
  /** The same for final answers: steps are known to be final only after the run's record has arrived. */
  storedForGood(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Final runs. Each answer contains the run and the key of its call. */
export const answerOf = ({ endpoint, runId, key = '' }: Call): Reply => ({
  json:
    endpoint === 'run'
      ? [wireRun(runId, { outputs: `output of ${runId} for ${key}` })]
      : [wireStep({ id: `step of ${runId}`, outputs: `step output for ${key}` })],
});

/** Needs one upstream call: the run's record. */
export const recordOf = (id: string): string => `{ run(workflowId: "wf", id: "${id}") { outputs } }`;

/** Needs two upstream calls: the record and the steps. */
export const queryOf = (id: string): string =>
  `{ run(workflowId: "wf", id: "${id}") { id status outputs freshness { fetchedAt isFinal isStale } steps { id outputs } } }`;

/** The codes of the errors in a gateway's answer about a run. */
export const codesOf = async (gateway: TestGateway, id: string, key = 'key-1'): Promise<readonly string[]> =>
  (await gateway.query(queryOf(id), { key })).errors.map(({ extensions }) => extensions.code);

/** Resolves when this number of the gateway's loads waits for another gateway's call. */
export const waiting = (gateway: TestGateway, count: number): Promise<void> =>
  until(async () => (await scrape(gateway.url)).value('stepgate_leases_total', TAKEN) >= count);
const TAKEN = { outcome: 'taken' };

const FOR_GOOD_MS = 60_000;

export async function startScriptedFleet(script: Script = answerOf): Promise<ScriptedFleet> {
  const valkey = await startValkey();
  const upstream = await startUpstream(script);
  const gateways: TestGateway[] = [];
  const names = (purpose: string) => valkey.client.keys(`${PREFIX}:${purpose}:*`);
  return {
    valkey,
    upstream,
    async start(count, environment = {}, overrides = {}) {
      const settings = { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url, ...environment };
      const started = await startGateways(count, settings, overrides);
      gateways.push(...started);
      return started as readonly [TestGateway, TestGateway, TestGateway];
    },
    names,
    stored: (count) => until(async () => (await names('answer')).length >= count),
    storedForGood: (count) =>
      until(async () => {
        const ttls = await Promise.all((await names('answer')).map((name) => valkey.client.pttl(name)));
        return ttls.filter((ttl) => ttl > FOR_GOOD_MS).length >= count;
      }),
    async close() {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await upstream.close();
      await valkey.close();
    },
  };
}
