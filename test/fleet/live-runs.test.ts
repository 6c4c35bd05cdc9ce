import { afterEach, expect, it } from '@jest/globals';
import { startGateways, type FleetOfGateways } from '../support/fleet/gateways.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { scrape } from '../support/observed.ts';
import { startMovingRuns, type MovingRuns } from '../support/fleet/moving-runs.ts';
import { createWatchers, type Watcher, type Watchers } from '../support/fleet/watchers.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

interface Event {
  readonly runUpdated: {
    readonly stepCounts: { readonly total: number };
    readonly freshness: { readonly isFinal: boolean; readonly isStale: boolean };
  };
}

type RunWatcher = Watcher<Event> & { readonly runId: string };

const LIVE_TTL_MS = 1000;
const RUNS = Array.from({ length: 9 }, (_, index) => `run-${index}`);
/** Two of each transport: more of them, and for long, watch in `npm run soak -- live-fleet`. */
const WATCHERS_PER_RUN = 4;
/** Each poll of a run that goes on brings a change. */
const STEP_MS = 50;

const watchOf = (runId: string) =>
  `subscription { runUpdated(workflowId: "wf", id: "${runId}") { stepCounts { total } freshness { isFinal isStale } } }`;

describeWithValkey(`live runs at three gateways${withoutValkey}`, () => {
  const opened: { close(): Promise<void> }[] = [];
  const open = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  afterEach(async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  });

  interface Scene {
    readonly runs: MovingRuns;
    readonly valkey: TestValkey;
    readonly gateways: FleetOfGateways;
    readonly watchers: Watchers<Event>;
  }

  async function startScene(count: number): Promise<Scene> {
    const runs = await startMovingRuns(STEP_MS);
    open(runs.upstream);
    const valkey = open(await startValkey());
    const gateways = open(
      await startGateways({
        count,
        upstreamUrl: runs.upstream.url,
        redisUrl: valkey.url,
        environment: { LIVE_TTL_MS: String(LIVE_TTL_MS), REDIS_TIMEOUT_MS: '5000', UPSTREAM_ENDPOINTS: 'steps,run' },
      }),
    );
    const isFinal = ({ runUpdated }: Event) => runUpdated.freshness.isFinal;
    const watchers = open(createWatchers<Event>({ nextUrl: gateways.nextUrl, key: 'key-1', isFinal }));
    return { runs, valkey, gateways, watchers };
  }

  const watchAll = ({ watchers }: Scene): RunWatcher[] =>
    RUNS.flatMap((runId) =>
      Array.from({ length: WATCHERS_PER_RUN }, (_, index) =>
        Object.assign(index % 2 === 0 ? watchers.bySse(watchOf(runId)) : watchers.bySocket(watchOf(runId)), { runId }),
      ),
    );

  /** Resolves when each has got so many events more. */
  async function haveHeard(more: number, watching: readonly RunWatcher[]): Promise<void> {
    const before = watching.map(({ events }) => events.length);
    while (watching.some(({ events }, index) => events.length < (before[index] ?? 0) + more)) await pause(50);
  }

  const totals = ({ events }: Watcher<Event>) => events.map(({ data }) => data.runUpdated.stepCounts.total);

  /** How many calls came within LIVE_TTL_MS after one for the same thing. Valkey's clock is known to some milliseconds. */
  function callsTooMany({ calls }: MovingRuns): number {
    const last = new Map<string, number>();
    return calls.filter(({ endpoint, runId, atMs }) => {
      const key = `${endpoint} ${runId}`;
      const before = last.get(key) ?? -Infinity;
      last.set(key, atMs);
      return atMs - before < LIVE_TTL_MS * 0.9;
    }).length;
  }

  /** The gateway that polls most runs. */
  async function busiest(gateways: FleetOfGateways): Promise<string> {
    const leaders = await Promise.all(gateways.urls.map(leadersAt));
    const most = Math.max(...leaders);
    if (most > 0) return gateways.urls[leaders.indexOf(most)] ?? '';
    await pause(50);
    return busiest(gateways);
  }

  const leadersAt = async (url: string): Promise<number> =>
    (await scrape(url)).value('stepgate_fleet_pollers', { role: 'leader' });

  async function finish({ runs }: Scene, watching: readonly RunWatcher[]): Promise<void> {
    runs.finish();
    await Promise.all(watching.map(({ done }) => done));
    for (const watcher of watching) {
      expect(totals(watcher).at(-1)).toBe(runs.finalStepsOf(watcher.runId));
      for (const { data } of watcher.events) expect(data.runUpdated.freshness.isStale).toBe(false);
    }
  }

  // How long the silence is after one is killed, test/runs/fleet-pollers.properties.test.ts shows on a clock of its own.
  it('cost as many polls as at one gateway, go on when one is killed and one stops, and are seen to their end', async () => {
    const scene = await startScene(3);
    const { gateways, runs } = scene;
    const watching = watchAll(scene);
    await haveHeard(3, watching);
    for (const watcher of watching) {
      const seen = totals(watcher);
      expect(seen).toEqual([...seen].sort((one, another) => one - another));
    }
    // On a busy machine a lease is lost now and then, which costs a call. Three gateways that share nothing make two too many of three.
    expect(callsTooMany(runs)).toBeLessThan(runs.calls.length / 3);

    await gateways.kill(await busiest(gateways));
    await haveHeard(1, watching);
    expect(await gateways.stop(await busiest(gateways))).toBe(0);
    await haveHeard(1, watching);
    await finish(scene, watching);
  });
});
