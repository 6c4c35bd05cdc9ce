/** Clients of both transports of events that stop reading. They fill the buffers of both ends of a connection. */
import { describe, expect, it } from '@jest/globals';
import { until } from '../harness/fleet.ts';
import { subscribe, type LiveClient, type SocketClient, type Transport } from '../harness/live-client.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { startLiveRun } from '../harness/live-run.ts';
import { scrape } from '../harness/observed.ts';

const RUN = 'subscription Live($id: ID = "r1") { runUpdated(workflowId: "wf", id: $id) { run { status } } }';
const LARGE = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { outputs } } } }';
const LARGE_QUERY = '{ run(workflowId: "wf", id: "r1") { steps { outputs } } }';
const COMPLETE = { type: 'complete' };
/** Interval of the keep-alive. */
const BEAT_MS = 10_000;
/** More than the buffers of both ends of a connection. */
const HUGE = 'x'.repeat(12_000_000);
const LARGER = 'x'.repeat(16_000_000);

const isSocket = (client: LiveClient): client is SocketClient => 'roundTrip' in client;

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('a client of %s that stops reading', (transport) => {
  const run = perTest(() => startLiveRun());
  const keep = cutAfterTest<LiveClient>();
  const ask = async (query: string, options: Parameters<typeof subscribe>[3] = {}): Promise<LiveClient> =>
    keep(await subscribe(transport, run.gateway.url, query, options));
  const subscribers = async () => (await scrape(run.gateway.url)).counts('stepgate_subscribers')[transport] ?? 0;
  /** Two round trips: the client's answer to the first ping has arrived before the second one. */
  const roundTrip = async (client: LiveClient) => {
    for (let time = 0; time < 2 && isSocket(client); time += 1) await client.roundTrip();
  };

  it('keeps a silent connection open, and cuts that client after 30 s', async () => {
    const silent = await ask(RUN, { key: 'key-2' });
    await silent.next();
    run.outputs = HUGE;
    const hanging = await ask(LARGE);
    hanging.stopReading();
    await run.feeds(2);
    // On a busy machine the first beats still come while the event is being written.
    for (let [beats, count] = [0, 2]; beats < 5 || count !== 1; beats += 1) {
      expect(beats).toBeLessThan(30);
      run.clock.advance(BEAT_MS);
      await roundTrip(silent);
      count = await subscribers();
    }
    await run.feeds(1);
    hanging.goOnReading();
    expect(await hanging.next()).toMatchObject({ type: 'closed' });
    run.status = 'completed';
    await run.poll(0);
    expect(await silent.nextData()).toEqual({ runUpdated: { run: { status: 'COMPLETED' } } });
  });

  it('keeps a client that reads a large answer slowly', async () => {
    run.outputs = LARGER;
    const slow = await ask(LARGE_QUERY);
    await until(() => slow.bytesRead() > 0);
    slow.stopReading();
    for (let beats = 0; beats < 4; beats += 1) {
      run.clock.advance(BEAT_MS);
      const enough = slow.bytesRead() + 1_500_000;
      slow.goOnReading();
      // A fast machine may have sent all of it.
      await until(() => slow.bytesRead() > enough || slow.waiting > 0);
      slow.stopReading();
      // The other end fills the space that became free.
      for (let time = 0; time < 5; time += 1) await fetch(`${run.gateway.url}/healthz`);
    }
    slow.goOnReading();
    expect((await slow.next()).type).toBe('next');
    expect(await slow.next()).toEqual(COMPLETE);
  });

  it('buffers nothing for a client that stops reading, delays no other, and sends the latest state afterwards', async () => {
    const query =
      'subscription { runUpdated(workflowId: "wf", id: "r1") { run { stepCounts { total } outputs steps { outputs } } } }';
    const counted = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { stepCounts { total } } } }';
    run.outputs = 'x'.repeat(1_000_000);
    const hanging = await ask(query);
    await hanging.next();
    const quick = await ask(counted);
    await quick.nextData();
    await run.feeds(1);
    hanging.stopReading();
    // 18 polls in 18 s by the clock, with an event of a megabyte for each.
    for (let change = 1; change <= 18; change++) {
      run.outputs = String(change).padEnd(1_000_000, 'x');
      await run.poll(1, 1000);
      await quick.nextData();
    }
    run.steps = 2;
    run.outputs = 'the last';
    await run.poll(1, 1000);
    expect(await quick.nextData()).toEqual({ runUpdated: { run: { stepCounts: { total: 2 } } } });
    hanging.goOnReading();
    let events = 0;
    for (let total: unknown = 1; total === 1; events++) {
      const { runUpdated } = (await hanging.nextData()) as { runUpdated: { run: { stepCounts: { total: number } } } };
      ({ total } = runUpdated.run.stepCounts);
    }
    // The buffers of both ends of the connection, and the latest.
    expect(events).toBeLessThan(20);
    expect(hanging.waiting).toBe(0);
  });

  it('cuts a client that does not read its last message', async () => {
    run.outputs = HUGE;
    const hanging = await ask(LARGE);
    hanging.stopReading();
    await run.feeds(1);
    await run.gateway.close();
    hanging.goOnReading();
    // The gateway may stop before the event is written. Then the stream only completes.
    expect((await hanging.next()).type).toMatch(/^(?:next|complete|closed)$/);
  });
});
