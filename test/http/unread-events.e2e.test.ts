/** Clients of both transports of events that stop reading. They fill the buffers of both ends of a connection. */
import { subscribe as listen, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { scrape } from '../harness/observed.ts';
import { until } from '../harness/until.ts';

const LARGE = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { outputs } } } }';
/** More than the buffers of both ends of a connection. */
const HUGE = 'x'.repeat(12_000_000);

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('a client of %s that stops reading', (transport) => {
  const run = perTest(new LiveRun());
  const keep = cutAfterTest<LiveClient>();
  const ask = async (query: string, options: Parameters<typeof subscribe>[3] = {}): Promise<LiveClient> =>
    keep(await subscribe(transport, run.gateway.url, query, options));
  const subscribers = async () => (await scrape(run.gateway.url)).counts('stepgate_subscribers')[transport] ?? 0;

  it('is disconnected by the socket timeout, ending its subscription', async () => {
    await run.restart({ stalledReaderMs: 200 });
    run.outputs = HUGE;
    const hanging = await ask(LARGE);
    hanging.stopReading();
    await until(() => run.upstream.count('steps') > 0);
    await until(async () => (await subscribers()) === 0);
    hanging.goOnReading();
    expect(await hanging.next()).toMatchObject({ type: 'closed' });
  });

  it('is disconnected on stop if its last message is not read', async () => {
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

describe('a quiet event stream', () => {
  const run = perTest(new LiveRun({ stalledReaderMs: 200 }));
  const keep = cutAfterTest<LiveClient>();

  it('stays open without unread events', async () => {
    const timeouts: Promise<unknown>[] = [];
    const note = (message: unknown) => {
      timeouts.push(once((message as { readonly socket: Socket }).socket, 'timeout'));
    };
    listen('net.server.socket', note);
    const watch = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
    const client = keep(await subscribe('graphql-sse', run.gateway.url, watch));
    await client.nextData();
    unsubscribe('net.server.socket', note);
    await Promise.any(timeouts);
    run.status = 'completed';
    await run.feeds(1);
    run.clock.advance(10_000);
    expect(await client.nextData()).toEqual({ runUpdated: { run: { status: 'COMPLETED' } } });
  });
});
