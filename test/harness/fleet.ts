/** A fleet in this process: gateways over a scripted upstream and a new Valkey. */
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { createSkippingClock } from './clock.ts';
import { startGateway, type Environment, type GatewayOptions, type TestGateway } from './gateway.ts';
import { scrape } from './observed.ts';
import { ScriptedUpstream, type Call, type Reply, type Script } from './upstream.ts';
import { until } from './until.ts';
import { Valkey } from './valkey.ts';
import { wireRun, wireStep } from './wire.ts';

export const SECRET = 'a-secret-that-all-gateways-of-a-fleet-share';

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
export const codesOf = (gateway: TestGateway, id: string, key = 'key-1'): Promise<readonly string[]> =>
  gateway.codes(queryOf(id), { key });

/** Resolves when this number of the gateway's loads waits for another gateway's call. */
export const waiting = (gateway: TestGateway, count: number): Promise<void> =>
  until(async () => (await scrape(gateway.url)).value('stepgate_leases_total', TAKEN) >= count);
const TAKEN = { outcome: 'taken' };

const FOR_GOOD_MS = 60_000;

export class Fleet {
  readonly valkey = new Valkey();
  readonly upstream: ScriptedUpstream;
  readonly #clock = createSkippingClock();
  #gateways: TestGateway[] = [];

  constructor(script: Script = answerOf) {
    this.upstream = new ScriptedUpstream(script);
  }

  async open(): Promise<this> {
    await Promise.all([this.valkey.open(), this.upstream.open()]);
    return this;
  }

  /** Starts further gateways, each with its own caches and connections. They are closed with the fleet. */
  async start(
    count: number,
    env: Environment = {},
    options: GatewayOptions = {},
  ): Promise<readonly [TestGateway, TestGateway, TestGateway]> {
    const started = await Promise.all(
      Array.from({ length: count }, () =>
        startGateway({ upstream: this.upstream, clock: this.#clock, ...options, env: { ...this.env, ...env } }),
      ),
    );
    this.#gateways.push(...started);
    return started as unknown as readonly [TestGateway, TestGateway, TestGateway];
  }

  /** What makes a gateway a member. */
  get env(): Readonly<Record<string, string>> {
    return {
      REDIS_URL: this.valkey.url,
      FLEET_SECRET: SECRET,
      REDIS_TIMEOUT_MS: '1000',
      UPSTREAM_ENDPOINTS: 'steps,run',
    };
  }

  /** Time passes for the gateways, and for what Valkey stores. */
  async skip(ms: number): Promise<void> {
    const { client } = this.valkey;
    this.#clock.skip(ms);
    for (const name of await client.keys('*')) {
      const ttlMs = await client.pttl(name);
      if (ttlMs > ms) await client.pexpire(name, ttlMs - ms);
      else if (ttlMs >= 0) await client.del(name);
    }
  }

  /** The keys in Valkey of one purpose: `answer`, `right`, `call`, … */
  names(purpose: string): Promise<readonly string[]> {
    return this.valkey.client.keys(`${PREFIX}:${purpose}:*`);
  }

  /** Resolves when this number of answers is stored; answers to clients do not wait for that. */
  stored(count: number): Promise<void> {
    return until(async () => (await this.names('answer')).length >= count);
  }

  /** The same for final answers: steps are known to be final only after the run's record has arrived. */
  storedForGood(count: number): Promise<void> {
    return until(async () => {
      const names = await this.names('answer');
      const ttls = await Promise.all(names.map((name) => this.valkey.client.pttl(name)));
      return ttls.filter((ttl) => ttl > FOR_GOOD_MS).length >= count;
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.splice(0).map((gateway) => gateway.close()));
    await this.upstream.close();
    await this.valkey.close();
  }
}
