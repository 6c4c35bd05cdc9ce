import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { readEpoch } from '../../src/runs/shared/epochs.ts';
import { createRuns, type Runs } from '../../src/runs/runs.ts';
import { afterOnThisMachine, createClock } from '../../src/runs/timer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { runRecord } from '../support/facts.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { readFigures } from '../support/observed.ts';
import { operationOf, viewerOf } from '../support/operations.ts';
import { rejectionOf } from '../support/rejection.ts';
import { scriptedApi } from '../support/run-parts.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const REF = { workflowId: 'wf', runId: 'r1' };
const START = { workflowId: 'wf', inputs: {}, idempotencyKey: 'key' };

/** All that gateways keep of runs, over an upstream that the test scripts. */
describeWithValkey(`the runs of a fleet${withoutValkey}`, () => {
  let valkey: TestValkey;
  let calls: number;
  let starts: number;
  let failure: GatewayError | null;
  const opened: (() => unknown)[] = [];

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(async () => {
    await valkey.client.flushall();
    [calls, starts, failure] = [0, 0, null];
  });
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });
  afterAll(() => valkey.close());

  const upstream = scriptedApi({
    getRun(_ref, { stored }) {
      if (failure) return Promise.reject(failure);
      if (!stored) calls += 1;
      return Promise.resolve({ value: runRecord({ id: 'r1' }), sizeBytes: 100, body: Buffer.from('[]') });
    },
    execute() {
      starts += 1;
      return Promise.resolve({ runId: `run-${starts}`, message: null });
    },
  });

  async function join(
    environment: Readonly<Record<string, string>> = {},
    isReachable: () => boolean = () => true,
  ): Promise<Runs & { fleet: TestFleet }> {
    const config = readConfig({ UPSTREAM_URL: 'http://upstream.example/', ...environment });
    const joined = await joinFleet(valkey.url);
    const fleet: TestFleet = {
      ...joined,
      valkey: {
        ...joined.valkey,
        get isUp() {
          return isReachable() && joined.valkey.isUp;
        },
      },
    };
    const runs = createRuns({
      config,
      upstream,
      isVerified: false,
      fleet,
      ...createClock(),
      after: afterOnThisMachine,
    });
    opened.push(
      () => runs.shared?.close(),
      () => {
        runs.livePollers.close();
        runs.sharedStarts?.close();
        fleet.close();
      },
    );
    return { ...runs, fleet };
  }
  const record = ({ runStore }: Runs) => runStore.record(REF, operationOf('ada'));
  const isStored = () => until(async () => (await valkey.client.keys('stepgate:answer:*')).length > 0);

  it('are shared by gateways over one upstream with the same headers, in whatever order', async () => {
    const headers = (text: string) => ({ UPSTREAM_HEADERS: text });
    await record(await join(headers('x-a: 1; x-b: 2')));
    await isStored();
    await record(await join(headers('x-b: 2; x-a: 1')));
    expect(calls).toBe(1);
    await record(await join(headers('x-a: 1; x-b: 3')));
    await record(await join());
    await record(await join({ UPSTREAM_URL: 'http://other.example/', ...headers('x-a: 1; x-b: 2') }));
    expect(calls).toBe(4);
  });

  it('are not shared where each gateway has an embedded upstream', async () => {
    const embedded = { UPSTREAM_URL: '' };
    await record(await join(embedded));
    await isStored();
    await record(await join(embedded));
    expect(calls).toBe(2);
  });

  it('are started once for a key, at whichever gateway', async () => {
    for (let gateway = 0; gateway < 2; gateway += 1) {
      const { runStarter } = await join();
      expect((await runStarter.start(START, operationOf('ada'))).runId).toBe('run-1');
    }
    expect(starts).toBe(1);
  });

  it('are dropped at all gateways when the right to them is withdrawn at one', async () => {
    const [one, other] = [await join(), await join()];
    const ada = { ...operationOf('ada'), viewer: { ...viewerOf('ada'), id: other.fleet.keys[0].viewerId('ada') } };
    await other.runStore.record(REF, ada);
    await isStored();
    expect(other.cache.hasProvenRight(ada.viewer)).toBe(true);
    failure = new GatewayError('FORBIDDEN', 'no');
    expect(await rejectionOf(one.runStore.record({ ...REF, runId: 'r2' }, ada))).toBe(failure);
    await until(() => !other.cache.hasProvenRight(ada.viewer));
  });

  it('are dropped at one that could not hear of it, also where its own calls have succeeded since', async () => {
    const one = await join();
    let isAway = false;
    const other = await join({}, () => !isAway);
    const ada = operationOf('ada');
    await other.runStore.record(REF, ada);
    await isStored();
    [isAway, calls] = [true, 0];
    other.fleet.announcements.close();
    one.shared?.withdraw(ada.viewer, true);
    const [name = ''] = await valkey.client.keys('stepgate:epoch:*');
    const epoch = async () => readEpoch(await valkey.client.getBuffer(name));
    await until(async () => (await epoch())?.lastSuccessMs === 0);
    const { sinceMs = 0 } = (await epoch()) ?? {};
    await until(() => other.fleet.clock.toFleet(Date.now()) > sinceMs);
    await other.runStore.record({ ...REF, runId: 'r2' }, ada);
    isAway = false;
    await other.runStore.record({ ...REF, runId: 'r3' }, ada);
    await other.runStore.record(REF, ada);
    expect(calls).toBe(3);
  });

  it('are polled by one gateway, as its figures tell', async () => {
    const gateways = [await join(), await join()];
    const watching = gateways.map(({ livePollers }) => livePollers.watch(REF, 'RECORD', operationOf('ada')));
    const roles = () =>
      Promise.all(
        gateways.map(async ({ fleet }) => readFigures(await fleet.figures.scrape()).counts('stepgate_fleet_pollers')),
      );
    await until(async () => JSON.stringify(await roles()).includes('leader'));
    await until(async () => (await roles()).every((counts) => Object.keys(counts).length === 1));
    expect((await roles()).map((counts) => Object.keys(counts)[0]).sort()).toEqual(['follower', 'leader']);
    for (const states of watching) await states.return?.();
  });
});
