/** Gateways of one fleet that watch the same run and workflow for one key, over a real Valkey. */
import { beforeEach, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { Fleet } from '../harness/fleet.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type Frame, type LiveClient, subscribe, type Transport } from '../harness/live-client.ts';
import { startProcess } from '../harness/process.ts';
import { until } from '../harness/until.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN =
  'subscription { runUpdated(workflowId: "wf", id: "r1") { run { stepCounts { total } freshness { isFinal } } } }';
const RUNS = 'subscription { runsUpdated(workflowIds: ["wf"]) { runs { id } } }';

interface Watcher {
  /** The numbers of steps that it received. */
  readonly totals: readonly number[];
  /** The ids of the runs that it received. */
  readonly ids: ReadonlySet<string>;
  readonly end: Promise<Frame>;
  readonly client: LiveClient;
}

describeWithValkey(`a run that several gateways watch${withoutValkey}`, () => {
  /** Each poll finds another step. */
  let steps: number;
  let runIds: string[];
  /** Recent once set: of a run that ended long ago, steps read before the end would count as final. */
  let endTime: string | undefined;

  beforeEach(() => {
    [steps, runIds, endTime] = [0, ['r1'], undefined];
  });
  const fleet = perTest(
    new Fleet(({ endpoint }) => {
      const status = endTime ? { end_time: endTime } : { status: 'running', end_time: null };
      if (endpoint === 'run') return { json: [wireRun('r1', status)] };
      if (endpoint === 'runs') return { json: runIds.map((id) => wireRun(id, status)) };
      if (!endTime) steps += 1;
      return { json: Array.from({ length: steps }, (_, index) => wireStep({ id: `s${index}` })) };
    }),
  );
  const keep = cutAfterTest<LiveClient>();
  const SETTINGS = { LIVE_TTL_MS: '300', UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows' };

  async function watch(url: string, query = RUN, transport: Transport = 'graphql-sse'): Promise<Watcher> {
    const client = keep(await subscribe(transport, url, query));
    const [totals, ids] = [[] as number[], new Set<string>()];
    const first = Promise.withResolvers<undefined>();
    async function read(): Promise<Frame> {
      for (;;) {
        const frame = await client.next();
        first.resolve(undefined);
        if (frame.type !== 'next') return frame;
        const { runUpdated, runsUpdated } = frame.payload.data as unknown as {
          readonly runUpdated?: {
            readonly run: {
              readonly stepCounts: { readonly total: number };
              readonly freshness: { readonly isFinal: boolean };
            };
          };
          readonly runsUpdated?: { readonly runs: readonly { readonly id: string }[] };
        };
        const run = runUpdated?.run;
        // Finality may be the only change of an event.
        if (run && (!run.freshness.isFinal || totals.at(-1) !== run.stepCounts.total)) {
          totals.push(run.stepCounts.total);
        }
        for (const { id } of runsUpdated?.runs ?? []) ids.add(id);
      }
    }
    const end = read();
    await first.promise;
    return { totals, ids, end, client };
  }

  /** Resolves when each has received this many further events. */
  function haveHeard(more: number, watchers: readonly Watcher[]): Promise<void> {
    const before = watchers.map(({ totals }) => totals.length);
    return until(() => watchers.every(({ totals }, index) => totals.length >= (before[index] ?? 0) + more));
  }

  function expectInOrder(watchers: readonly Watcher[]): void {
    for (const { totals } of watchers)
      expect(totals).toEqual([...new Set(totals)].sort((one, another) => one - another));
  }

  it('is polled once for all gateways, and separately without Valkey', async () => {
    const gateways = await fleet.start(3, SETTINGS);
    const urls = gateways.map(({ url }) => url);
    const watchers = await Promise.all(urls.flatMap((url) => [watch(url), watch(url, RUN, 'graphql-ws')]));
    const before = steps;
    await until(() => steps >= before + 12);
    await haveHeard(1, watchers);
    // A gateway that did not read the others' polls would see every third state.
    for (const { totals } of watchers) expect(totals.filter((total) => total > before).length).toBeGreaterThan(6);
    expectInOrder(watchers);

    // From here on calls of several gateways overlap: the later one may get the earlier state.
    await fleet.valkey.kill();
    await haveHeard(2, watchers);
    await fleet.valkey.start();
    await haveHeard(2, watchers);

    endTime = new Date().toISOString();
    for (const watcher of watchers) expect(await watcher.end).toEqual({ type: 'complete' });
    for (const { totals } of watchers) expect(totals.at(-1)).toBe(steps);
  });

  it('is polled by the other gateways after one is killed', async () => {
    const first = startProcess({ LOG_LEVEL: 'info', UPSTREAM_URL: fleet.upstream.url, ...fleet.env, ...SETTINGS });
    const firstUrl = await first.url();
    const gateways = await fleet.start(2, SETTINGS);
    const urls = gateways.map(({ url }) => url);
    const ofFirst = await watch(firstUrl);
    const watchers = await Promise.all(urls.map((url) => watch(url)));
    const watchersOfRuns = await Promise.all(urls.map((url) => watch(url, RUNS)));
    await haveHeard(2, [ofFirst, ...watchers]);

    first.child.kill('SIGKILL');
    runIds = ['new', ...runIds];
    await haveHeard(3, watchers);
    await until(() => watchersOfRuns.every(({ ids }) => ids.has('new')));
    expectInOrder([ofFirst, ...watchers]);
  });
});
