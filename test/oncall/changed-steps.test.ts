import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../harness/gateway.ts';
import { subscribe, type LiveClient, type Transport } from '../harness/live-client.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';

const FIELDS = 'status changedSteps { id status attemptCount }';
const QUERY = `subscription { runUpdated(workflowId: "wf", id: "r1") { ${FIELDS} } }`;
const PLAIN = 'subscription { runUpdated(workflowId: "wf", id: "r1") { status stepCounts { total } } }';

interface Told {
  readonly runUpdated: { readonly changedSteps: readonly { readonly id: string }[] | null };
}

const idsIn = (data: Json): string[] | undefined =>
  (data as unknown as Told).runUpdated.changedSteps?.map(({ id }) => id);

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('changedSteps over %s', (transport) => {
  let run: LiveRun;
  let clients: LiveClient[];

  beforeEach(async () => {
    run = await startLiveRun();
    run.steps = 3;
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.leave();
    await run.close();
  });

  async function open(query = QUERY): Promise<LiveClient> {
    const client = await subscribe(transport, run.gateway.url, query);
    clients.push(client);
    return client;
  }

  it('are all in the first event, and in later ones those that are new or have changed', async () => {
    const client = await open();
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1', 's2']);
    await run.feeds(1);
    run.steps = 4;
    await run.poll();
    // All are of one node: a further execution changes how many there are.
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1', 's2', 's3']);
    run.outputs = { text: 'more' };
    await run.poll();
    expect(idsIn(await client.nextData())).toEqual(['s0', 's1', 's2', 's3']);
    run.status = 'completed';
    run.clock.advance(5000);
    // The record alone has changed.
    expect(await client.nextData()).toEqual({ runUpdated: { status: 'COMPLETED', changedSteps: [] } });
    expect(await client.next()).toEqual({ type: 'complete' });
  });

  it('begin with all of them for each reader, whenever it comes, by the same polls', async () => {
    const first = await open();
    await first.nextData();
    await run.feeds(1);
    run.steps = 4;
    await run.poll();
    await first.nextData();
    const late = await open();
    expect(idsIn(await late.nextData())).toEqual(['s0', 's1', 's2', 's3']);
    const polls = run.upstream.count('steps');
    run.reply = { status: 500 };
    await run.poll();
    run.reply = null;
    for (const client of [first, late]) expect(idsIn(await client.nextData())).toEqual([]);
    await run.poll();
    for (const client of [first, late]) expect(idsIn(await client.nextData())).toEqual([]);
    expect(run.upstream.count('steps')).toBeGreaterThan(polls);
  });

  it('are all where the same run is read again below the event', async () => {
    const below = 'workflow { run(id: "r1") { changedSteps { id } } }';
    const client = await open(`subscription { runUpdated(workflowId: "wf", id: "r1") { ${FIELDS} ${below} } }`);
    await client.nextData();
    await run.feeds(1);
    run.status = 'completed';
    run.clock.advance(5000);
    expect(await client.nextData()).toEqual({
      runUpdated: {
        ...{ status: 'COMPLETED', changedSteps: [] },
        workflow: { run: { changedSteps: ['s0', 's1', 's2'].map((id) => ({ id })) } },
      },
    });
  });

  it('that were lost by an error come with the next event', async () => {
    await run.close();
    // Enough for three steps with their weight, not for five.
    run = await startLiveRun({ MAX_OPERATION_OBJECTS: '24' });
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

  it('share events with nobody who does not ask for them, and change nothing for these', async () => {
    const clientsOfAll = await Promise.all([open(PLAIN), open(PLAIN)]);
    for (const client of clientsOfAll) {
      expect(await client.nextData()).toEqual({ runUpdated: { status: 'RUNNING', stepCounts: { total: 3 } } });
    }
  });
});

describe('changedSteps of a query', () => {
  it('are all steps, the first time, from the caches and compiled', async () => {
    const run = await startLiveRun();
    run.steps = 2;
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await run.gateway.query(`{ run(workflowId: "wf", id: "r1") { ${FIELDS} } }`);
      expect(errors).toEqual([]);
      expect(data).toEqual({
        run: {
          status: 'RUNNING',
          changedSteps: ['s0', 's1'].map((id) => ({ id, status: 'COMPLETED', attemptCount: 2 })),
        },
      });
    }
    await run.close();
  });
});
