import { afterEach, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateways } from '../support/fleet/gateways.ts';
import { createWatchers, type Watcher } from '../support/fleet/watchers.ts';
import { createScriptedWorkflows } from '../harness/scripted-workflows.ts';
import { startValkey } from '../harness/valkey.ts';

interface Told {
  readonly runsUpdated: readonly { readonly id: string; readonly status: string }[];
}

const LIVE_TTL_MS = 500;
const GATEWAYS = 3;
const WATCHERS = 9;
const WORKFLOWS = ['wf-1', 'wf-2'];
const QUERY = `subscription { runsUpdated(workflowIds: ${JSON.stringify(WORKFLOWS)}) { id status } }`;

/** What a reader knows: the latest that it was told of each run. */
const knownBy = ({ events }: Watcher<Told>) =>
  new Map(events.flatMap(({ data }) => data.runsUpdated.map(({ id, status }) => [id, status] as const)));

describeWithValkey(`lists of runs at three gateways${withoutValkey}`, () => {
  const opened: { close(): Promise<void> }[] = [];
  const open = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  afterEach(async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  });

  it('cost as many polls as at one gateway, and nobody misses a run when gateways come and go', async () => {
    const workflows = createScriptedWorkflows(WORKFLOWS);
    const polls: { readonly workflowId: string; readonly atMs: number }[] = [];
    const upstream = open(
      await startFaultyUpstream((call) => {
        if (call.endpoint === 'runs') polls.push({ workflowId: call.workflowId, atMs: Date.now() });
        return workflows.script(call);
      }),
    );
    const valkey = open(await startValkey());
    const gateways = open(
      await startGateways({
        count: GATEWAYS,
        upstreamUrl: upstream.url,
        redisUrl: valkey.url,
        environment: { LIVE_TTL_MS: String(LIVE_TTL_MS), REDIS_TIMEOUT_MS: '5000' },
      }),
    );
    const watchers = open(createWatchers<Told>({ nextUrl: gateways.nextUrl, key: 'key-1', isFinal: () => false }));
    const watching = Array.from({ length: WATCHERS }, (_, index) =>
      index % 2 === 0 ? watchers.bySse(QUERY) : watchers.bySocket(QUERY),
    );
    const allKnow = async (id: string, status: string): Promise<void> => {
      while (watching.some((watcher) => knownBy(watcher).get(id) !== status)) await pause(50);
    };

    for (let number = 0; number < 4; number += 1) {
      const [id, workflowId] = [`run-${number}`, WORKFLOWS[number % WORKFLOWS.length] ?? ''];
      workflows.start(workflowId, id, { status: 'running' });
      await allKnow(id, 'RUNNING');
      const url = gateways.nextUrl();
      if (number === 1) await gateways.kill(url);
      if (number === 2) expect(await gateways.stop(url)).toBe(0);
      workflows.change(id, { status: 'completed' });
      await allKnow(id, 'COMPLETED');
    }

    const last = new Map<string, number>();
    const tooMany = polls.filter(({ workflowId, atMs }) => {
      const sinceMs = atMs - (last.get(workflowId) ?? -Infinity);
      last.set(workflowId, atMs);
      return sinceMs < LIVE_TTL_MS * 0.9;
    });
    // A gateway that comes or goes costs a poll. Three that share nothing make two too many of three.
    expect(tooMany.length).toBeLessThan(polls.length / 3);
  });
});
