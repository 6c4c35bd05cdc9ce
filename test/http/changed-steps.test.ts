import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const QUERY = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } changedSteps { id status attemptCount } } }`;

interface Event {
  readonly runUpdated: { readonly changedSteps: readonly { readonly id: string }[] | null };
}

const idsIn = (data: Json): string[] | undefined =>
  (data as unknown as Event).runUpdated.changedSteps?.map(({ id }) => id);

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('changedSteps over %s', (transport) => {
  const run = perTest(new LiveRun());
  const keep = cutAfterTest<LiveClient>();
  beforeEach(() => {
    run.steps = 3;
  });
  const open = async (query = QUERY) => keep(await subscribe(transport, run.gateway.url, query));

  it('sends all steps in the first event, then new and changed ones', async () => {
    const client = await open();
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1', 's2']);
    await run.feeds(1);
    run.steps = 4;
    await run.poll();
    // All steps are of one node, so another execution changes their attemptCount.
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1', 's2', 's3']);
    run.outputs = { text: 'more' };
    await run.poll();
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1', 's2', 's3']);
    run.status = 'completed';
    run.clock.advance(5000);
    // Only the record has changed.
    expect(await client.nextData()).toEqual({ runUpdated: { run: { status: 'COMPLETED' }, changedSteps: [] } });
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it('sends steps that an error delayed with the next event', async () => {
    // Enough for three steps with their weight, not for five.
    await run.restart({ env: { MAX_OPERATION_OBJECTS: '24' } });
    run.steps = 25;
    const client = await open('subscription { runUpdated(workflowId: "wf", id: "r1") { changedSteps { id } } }');
    expect(await client.next()).toMatchObject({
      payload: { data: { runUpdated: { changedSteps: null } }, errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }] },
    });
    await run.feeds(1);
    run.steps = 2;
    await run.poll();
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1']);
  });

  it('sends everything that changed while unread, in its last state', async () => {
    const changes = 16;
    const versions = Array.from({ length: changes }, () => 0);
    let padding = '';
    run.upstream.script = ({ endpoint }) =>
      endpoint === 'steps'
        ? { json: versions.map((outputs, index) => wireStep({ id: `s${index}`, outputs })) }
        : { json: [wireRun('r1', { status: 'running', end_time: null, outputs: padding })] };
    const watchOf = (fields: string) =>
      `subscription { runUpdated(workflowId: "wf", id: "r1") { run { ${fields} } changedSteps { id outputs } } }`;
    // Each event of the slow client has a megabyte, so the buffers of its connection are soon full.
    const [slow, quick] = [await open(watchOf('outputs')), await open(watchOf('id'))];
    for (const client of [slow, quick]) await client.nextData();
    await run.feeds(1);
    slow.stopReading();
    for (let change = 1; change <= changes; change += 1) {
      versions[change - 1] = change;
      padding = String(change).padEnd(1_000_000, 'x');
      await run.poll(1, 1000);
      expect(idsIn(await quick.nextData())).toEqual([`s${change - 1}`]);
    }
    slow.goOnReading();
    const known = new Map<string, unknown>();
    let events = 0;
    for (; known.get(`s${changes - 1}`) !== changes; events += 1) {
      const { runUpdated } = (await slow.nextData()) as unknown as {
        readonly runUpdated: { readonly changedSteps: readonly { readonly id: string; readonly outputs: unknown }[] };
      };
      for (const step of runUpdated.changedSteps) known.set(step.id, step.outputs);
    }
    expect([...known]).toEqual(versions.map((version, index) => [`s${index}`, version]));
    // The client has skipped states: otherwise there would be one event for each.
    expect(events).toBeLessThan(changes);
  });
});
