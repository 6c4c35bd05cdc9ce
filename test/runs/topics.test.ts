/** Tests the module: whose share a poll uses cannot be seen from outside. */
import { expect, it } from '@jest/globals';
import { createTopics, type Watcher } from '../../src/runs/live/topics.ts';
import { ViewerCache } from '../../src/runs/viewer-cache.ts';
import { createViewers } from '../../src/auth/viewer.ts';
import { createManualClock } from '../harness/clock.ts';

it('polls for the longest-standing subscriber', async () => {
  const clock = createManualClock();
  const { now, after } = clock;
  const viewers = new ViewerCache({ maxBytes: 2 ** 20, reauthIntervalMs: 60_000, now, onDrop: () => undefined });
  const limits = { liveTtlMs: 1000, maxUpstreamCalls: 10, maxSubscriptionsPerViewer: 10 };
  const topics = createTopics({ ...limits, viewers, now, after });
  const polledFor: string[] = [];
  const viewer = createViewers()('key');
  const watcherOf = (owner: string): Watcher => ({
    viewer,
    requester: { owner, network: () => 'network', isStranger: () => false },
    requestId: owner,
    reader: { share: {}, order: 0 },
  });
  let sequence = 0;
  const subject = {
    workflowId: 'wf',
    runId: 'r',
    name: 'run',
    open: () => ({
      states: {
        follow: () => ({ sequence: (sequence += 1) }),
        afterFault: () => null,
        forNewcomer: (state: { sequence: number }) => state,
        isSameFetch: () => false,
        isWhole: () => true,
        isFinal: () => false,
        dueMs: () => now() + 1000,
      },
      read: ({ requester }: Pick<Watcher, 'requester'>) => {
        polledFor.push(requester.owner);
        return Promise.resolve({});
      },
      bytesOf: () => 0,
    }),
  };
  const [first, second] = ['ada', 'grace'].map((owner) => topics.join(watcherOf(owner), subject, () => undefined));
  const poll = async () => {
    clock.advance(1000);
    await second?.next(sequence);
  };
  await first?.next(0);
  await poll();
  first?.leave();
  await poll();
  expect([...new Set(polledFor)]).toEqual(['ada', 'grace']);
  expect(polledFor.at(-1)).toBe('grace');
  topics.close();
  expect(await second?.next(0)).toBeUndefined();
  second?.leave();
});
