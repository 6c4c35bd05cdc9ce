import { once } from 'node:events';
import { createServer, get, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Outcome } from '../../src/graphql/operations/operation.ts';
import { SubscriptionError, type LiveEvent, type LiveEvents } from '../../src/graphql/subscriptions/live-events.ts';
import { createCompression } from '../../src/http/compression/compression.ts';
import { createExchange } from '../../src/http/exchange.ts';
import { createEventStreams, type EventStreams } from '../../src/http/live/event-streams.ts';
import { BEAT_EVERY_MS, createKeepAlive } from '../../src/http/live/keep-alive.ts';
import { endAll } from '../../src/http/live/live-transport.ts';
import { createResponseWriter } from '../../src/http/response-writer.ts';
import { createPullIterator } from '../../src/runs/live/pull-iterator.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { until } from '../harness/fleet.ts';
import { openStream, type StreamClient } from '../harness/live-client.ts';

/** More than both ends of a connection take by themselves. */
const HUGE = 'x'.repeat(16_000_000);
const COMMENT = ':\n\n';
const COMPLETE = { type: 'complete' };
const CLOSED = { type: 'closed', code: 0 };

const eventOf = (text: string): LiveEvent => ({ data: { text } });
const told = (text: string) => ({ type: 'next', payload: { data: { text } } });
const answerOf = (result: LiveEvent): Outcome => ({ kind: 'answer', result, sizeBytes: 0, status: 200, untilMs: 0 });

/** Events that the test gives. */
function createFeed() {
  type Result = IteratorResult<LiveEvent, undefined>;
  const given: Promise<Result>[] = [];
  const takers: ((result: Promise<Result>) => void)[] = [];
  let asked = 0;
  let hasEnded = false;
  const give = (result: Promise<Result>) => {
    result.catch(() => undefined);
    const taker = takers.shift();
    if (taker) taker(result);
    else given.push(result);
  };
  const end = () => {
    hasEnded = true;
    give(Promise.resolve({ done: true, value: undefined }));
  };
  const events: LiveEvents = createPullIterator<LiveEvent>({
    next() {
      asked += 1;
      return given.shift() ?? new Promise<Result>((resolve) => takers.push(resolve));
    },
    end,
  });
  return {
    outcome: { kind: 'events', events } as const,
    event(event: LiveEvent | string) {
      give(Promise.resolve({ done: false, value: typeof event === 'string' ? eventOf(event) : event }));
    },
    fail(error: Error) {
      give(Promise.reject(error));
    },
    end,
    /** How many events were asked for. */
    get asked() {
      return asked;
    },
    get hasEnded() {
      return hasEnded;
    },
  };
}

describe('streams of events', () => {
  let server: Server;
  let url: string;
  let clock: ManualClock;
  let streams: EventStreams;
  let isReady: boolean;
  /** Blocks that were compressed. */
  let blocks: number;
  /** Connections that are kept alive. */
  let kept: number;
  let run: () => Promise<Outcome>;
  /** Of the last stream that was opened. */
  let latest: ServerResponse;
  /** What comes before a stream, as authentication does. */
  let admitted: Promise<void>;
  /** How each send has ended. */
  let sent: PromiseSettledResult<void>[];
  const clients: StreamClient[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      latest = response;
      const send = () => streams.send(createExchange(request, response), ['x-more', 'told'], () => run());
      void Promise.allSettled([admitted.then(send)]).then((results) => {
        sent.push(...results);
        if (!response.headersSent) response.writeHead(503).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    clock = createManualClock();
    isReady = true;
    admitted = Promise.resolve();
    blocks = 0;
    sent = [];
    const compression = createCompression();
    const counted: typeof compression = {
      ...compression,
      block(text) {
        blocks += 1;
        return compression.block(text);
      },
    };
    const hsts = () => [];
    const writer = createResponseWriter({ origins: [], compression, hsts, isListening: () => isReady });
    const keepAlive = createKeepAlive(clock.after);
    kept = 0;
    const counting: typeof keepAlive = {
      ...keepAlive,
      add(connection) {
        const { heard, remove } = keepAlive.add(connection);
        kept += 1;
        return {
          heard,
          remove() {
            kept -= 1;
            remove();
          },
        };
      },
    };
    streams = createEventStreams({ writer, compression: counted, keepAlive: counting, isReady: () => isReady });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.cut();
    server.closeAllConnections();
  });
  afterAll(() => new Promise<unknown>((resolve) => server.close(resolve)));

  async function open(headers: Readonly<Record<string, string>> = {}): Promise<StreamClient> {
    const client = await openStream(url, {}, null, { headers });
    clients.push(client);
    return client;
  }
  const follow = (feed: ReturnType<typeof createFeed>) => {
    run = () => Promise.resolve(feed.outcome);
  };
  const connections = () =>
    new Promise<number>((resolve) =>
      server.getConnections((_, count) => {
        resolve(count);
      }),
    );
  const isConnected = (count: number) => until(async () => (await connections()) === count);
  /** A large event takes several turns until it is written. */
  const isWritten = () => until(() => latest.writableLength > 0);
  const isSent = () => until(() => sent.length > 0);

  it('carry an answer and their end, and tell caches and proxies to leave them alone', async () => {
    run = () => Promise.resolve(answerOf(eventOf('one')));
    const client = await open();
    expect([client.status, client.headers]).toMatchObject([
      200,
      {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        vary: 'authorization, accept, accept-encoding',
        'x-accel-buffering': 'no',
        'x-more': 'told',
      },
    ]);
    expect(client.headers).not.toHaveProperty('content-encoding');
    expect([await client.next(), await client.next(), await client.next()]).toEqual([told('one'), COMPLETE, CLOSED]);
  });

  it('are sent as the protocol and EventSource read them', async () => {
    run = () => Promise.resolve(answerOf(eventOf('one')));
    const text = await (await fetch(url, { headers: { 'accept-encoding': 'identity', connection: 'close' } })).text();
    expect(text).toBe(`${COMMENT}event: next\ndata: {"data":{"text":"one"}}\n\nevent: complete\ndata:\n\n`);
  });

  it('carry each event, and their end', async () => {
    const feed = createFeed();
    follow(feed);
    const client = await open();
    for (const text of ['one', 'two']) {
      feed.event(text);
      expect(await client.next()).toEqual(told(text));
    }
    feed.end();
    expect([await client.next(), await client.next()]).toEqual([COMPLETE, CLOSED]);
    await isSent();
    expect(sent).toMatchObject([{ status: 'fulfilled' }]);
  });

  it('ask for no event before the one before it is sent', async () => {
    const feed = createFeed();
    follow(feed);
    const client = await open();
    client.stopReading();
    for (let count = 0; count < 3; count += 1) feed.event(HUGE);
    await until(() => feed.asked > 0);
    await connections();
    expect(feed.asked).toBe(1);
  });

  it.each(['identity', 'gzip'])('write large answers and events in pieces, in their order: %s', async (encoding) => {
    const text = 'é"'.repeat(1_000_000);
    const feed = createFeed();
    follow(feed);
    const written = jest.spyOn(JSON, 'stringify');
    const response = fetch(url, { headers: { 'accept-encoding': encoding, connection: 'close' } });
    for (const event of [text, 'short', text]) feed.event(event);
    feed.end();
    const body = await (await response).text();
    const lengths = written.mock.results.map(({ value }) => String(value).length);
    written.mockRestore();
    expect(body.split('\n\n').slice(1, 4)).toEqual(
      [text, 'short', text].map((each) => `event: next\ndata: ${JSON.stringify(eventOf(each))}`),
    );
    expect(Math.max(...lengths)).toBeLessThan(2 ** 18);
  });

  it('end with the errors of their subscription', async () => {
    const feed = createFeed();
    follow(feed);
    const client = await open();
    feed.fail(new SubscriptionError([{ message: 'it is gone' }]));
    expect([await client.next(), await client.next()]).toEqual([
      { type: 'error', errors: [{ message: 'it is gone' }] },
      COMPLETE,
    ]);
  });

  it('end by a defect, too, which is not told', async () => {
    const feed = createFeed();
    follow(feed);
    const client = await open();
    const defect = new TypeError('no function');
    feed.fail(defect);
    expect([await client.next(), await client.next()]).toEqual([COMPLETE, CLOSED]);
    await isSent();
    expect(sent).toEqual([{ status: 'rejected', reason: defect }]);
  });

  it('end their events when the client leaves, also before these are there', async () => {
    const [feed, late] = [createFeed(), createFeed()];
    follow(feed);
    const client = await open();
    feed.event('one');
    await client.next();
    expect(kept).toBe(1);
    client.leave();
    await until(() => feed.hasEnded);
    expect(kept).toBe(0);
    const due = Promise.withResolvers<undefined>();
    run = async () => {
      await due.promise;
      return late.outcome;
    };
    (await open()).leave();
    await until(() => sent.length === 1);
    await isConnected(0);
    due.resolve(undefined);
    await until(() => late.hasEnded);
    await until(() => sent.length === 2);
    expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  });

  it('do not begin for a client that has left before', async () => {
    const gate = Promise.withResolvers<undefined>();
    admitted = gate.promise;
    let runs = 0;
    run = () => {
      runs += 1;
      return new Promise(() => undefined);
    };
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
    await once(server, 'request');
    socket.destroy();
    await isConnected(0);
    gate.resolve(undefined);
    await isSent();
    expect(sent).toMatchObject([{ status: 'fulfilled' }]);
    expect([runs, kept]).toEqual([0, 0]);
    await streams.closed();
  });

  it('do not wait for a client that leaves in the middle of an event', async () => {
    for (const encoding of ['identity', 'gzip']) {
      const feed = createFeed();
      follow(feed);
      const client = await open({ 'accept-encoding': encoding });
      client.stopReading();
      feed.event(encoding === 'gzip' ? randomText() : HUGE);
      feed.event('two');
      await until(() => feed.asked >= 1);
      client.cut();
      await until(() => feed.hasEnded);
    }
    await until(() => sent.length === 2);
  });

  it('do not wait for a client whose connection has just broken', async () => {
    const feed = createFeed();
    follow(feed);
    await open();
    await until(() => feed.asked > 0);
    latest.socket?.destroy();
    feed.event('one');
    await isSent();
  });

  it('are forgotten when they are over', async () => {
    const ended: WeakRef<LiveEvents>[] = [];
    for (let time = 0; time < 5; time += 1) {
      const feed = createFeed();
      follow(feed);
      feed.end();
      const client = await open();
      expect([await client.next(), await client.next()]).toEqual([COMPLETE, CLOSED]);
      ended.push(new WeakRef(feed.outcome.events));
    }
    await until(() => sent.length === 5);
    run = () => new Promise(() => undefined);
    await isConnected(0);
    collectGarbage();
    expect(ended.filter((events) => events.deref()).length).toBeLessThan(2);
  });

  it('are refused while the gateway stops', async () => {
    isReady = false;
    const client = await open();
    expect(client.status).toBe(503);
    const reason = { message: 'The gateway is stopping.', extensions: { code: 'BAD_REQUEST', http: { status: 503 } } };
    expect(sent).toMatchObject([{ status: 'rejected', reason }]);
  });

  it('are ended by the gateway with the protocol’s message, also those whose events come later', async () => {
    const [feed, late] = [createFeed(), createFeed()];
    follow(feed);
    const client = await open();
    feed.event('one');
    await client.next();
    const due = Promise.withResolvers<undefined>();
    run = async () => {
      await due.promise;
      return late.outcome;
    };
    const waiting = await open();
    streams.end();
    expect([await client.next(), await client.next()]).toEqual([COMPLETE, CLOSED]);
    due.resolve(undefined);
    expect([await waiting.next(), await waiting.next()]).toEqual([COMPLETE, CLOSED]);
    expect([feed.hasEnded, late.hasEnded]).toEqual([true, true]);
    await streams.closed();
  });

  it('are not over before a query or a mutation is answered', async () => {
    const due = Promise.withResolvers<Outcome>();
    run = () => due.promise;
    const client = await open();
    await endAll([streams]);
    streams.cut();
    due.resolve(answerOf(eventOf('late')));
    expect([await client.next(), await client.next(), await client.next()]).toEqual([told('late'), COMPLETE, CLOSED]);
  });

  it('are over when all have ended, or were cut', async () => {
    follow(createFeed());
    const [one, other] = [await open(), await open()];
    let isOver = false;
    const closed = streams.closed().then(() => (isOver = true));
    one.leave();
    await one.next();
    await isConnected(1);
    expect(isOver).toBe(false);
    streams.cut();
    expect(await other.next()).toEqual(CLOSED);
    await closed;
    await streams.closed();
  });

  it('are cut where their client does not read its last message in a second; the others have had it', async () => {
    const [feed, another] = [createFeed(), createFeed()];
    follow(feed);
    const client = await open();
    client.stopReading();
    feed.event(HUGE);
    await until(() => feed.asked >= 1);
    follow(another);
    const reading = await open();
    await until(() => another.asked >= 1);
    await endAll([streams]);
    expect(await reading.next()).toEqual(COMPLETE);
    await until(() => sent.length === 2);
    expect(sent).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
  });

  it('leave no timer behind where all have ended', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      await endAll([streams]);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('that say nothing', () => {
    /** As a client reads it, comments included. */
    async function read(client: Response, isWhole: (text: string) => boolean): Promise<string> {
      const reader = client.body?.getReader();
      const decoder = new TextDecoder();
      let text = '';
      while (!isWhole(text)) {
        const chunk = await reader?.read();
        if (!chunk || chunk.done) break;
        text += decoder.decode(chunk.value as Uint8Array);
      }
      await reader?.cancel();
      return text;
    }

    it.each(['identity', 'gzip'])('begin and go on with comments, so that nobody closes them: %s', async (encoding) => {
      run = () => new Promise(() => undefined);
      const response = await fetch(url, { headers: { 'accept-encoding': encoding, connection: 'close' } });
      let beats = 0;
      const text = await read(response, (read) => {
        if (read.length === COMMENT.length * (beats + 1)) {
          beats += 1;
          clock.advance(BEAT_EVERY_MS);
        }
        return beats > 5;
      });
      expect(text).toBe(COMMENT.repeat(6));
    });

    it('are not cut where the client takes a large event slowly', async () => {
      const feed = createFeed();
      follow(feed);
      const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
      socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
      let comments = 0;
      socket.on('data', (chunk: Buffer) => (comments += chunk.toString('latin1').split(COMMENT).length - 1));
      feed.event(HUGE + HUGE + HUGE);
      await until(() => feed.asked > 0);
      await isWritten();
      const written = () => latest.socket?.bytesWritten ?? 0;
      for (let beats = 0; beats < 4; beats += 1) {
        const [before, end] = [written(), socket.bytesRead + HUGE.length / 2];
        clock.advance(BEAT_EVERY_MS);
        while (written() === before && socket.bytesRead < end && !latest.destroyed) {
          socket.resume();
          await once(socket, 'data');
          socket.pause();
          await connections();
        }
      }
      expect([feed.hasEnded, latest.destroyed]).toEqual([false, false]);
      // The first one alone: an event is sent in one piece.
      expect(comments).toBe(1);
      socket.destroy();
      await until(() => feed.hasEnded);
    });

    it('are cut where the client takes nothing, and not where it takes events', async () => {
      const [feed, busy] = [createFeed(), createFeed()];
      follow(feed);
      const hanging = await open();
      hanging.stopReading();
      feed.event(HUGE);
      await isWritten();
      follow(busy);
      const client = await open();
      // A busy machine still takes pieces of the event for the client when the first beats come.
      for (let beats = 0; beats < 4 || !feed.hasEnded; beats += 1) {
        busy.event('busy');
        expect(await client.next()).toEqual(told('busy'));
        await until(() => busy.asked > beats + 1);
        clock.advance(BEAT_EVERY_MS);
      }
      hanging.goOnReading();
      expect(await hanging.next()).toEqual(CLOSED);
      busy.event('still');
      expect(await client.next()).toEqual(told('still'));
    });

    it('are not cut where the client takes a large event late, with no room for comments meanwhile', async () => {
      const feed = createFeed();
      follow(feed);
      const client = await open();
      client.stopReading();
      feed.event(HUGE);
      await isWritten();
      clock.advance(2 * BEAT_EVERY_MS);
      client.goOnReading();
      await client.next();
      await until(() => feed.asked === 2);
      clock.advance(BEAT_EVERY_MS);
      feed.event('still');
      expect(await client.next()).toEqual(told('still'));
    });
  });

  describe('for clients that take gzip', () => {
    const gzip = { headers: { 'accept-encoding': 'gzip', connection: 'close' } };
    const long = eventOf(`long ${'y'.repeat(2000)}`);
    const larger = eventOf(randomText());
    const short = eventOf('short');
    const textOf = (...events: readonly LiveEvent[]) =>
      [
        COMMENT,
        ...events.map((event) => `event: next\ndata: ${JSON.stringify(event)}\n\n`),
        'event: complete\ndata:\n\n',
      ].join('');

    it('are one whole gzip stream, of blocks that all readers of an event share', async () => {
      const texts = [];
      for (let reader = 0; reader < 2; reader += 1) {
        const feed = createFeed();
        follow(feed);
        for (const event of [short, long, larger, short]) feed.event(event);
        feed.end();
        const response = await fetch(url, gzip);
        expect(response.headers.get('content-encoding')).toBe('gzip');
        texts.push(await response.text());
      }
      expect(texts).toEqual(Array(2).fill(textOf(short, long, larger, short)));
      expect(blocks).toBe(2);
    });

    it('are compressed from 1024 bytes of an event on, as other answers are', async () => {
      const nothing = textOf(eventOf('')).length - textOf().length;
      for (const length of [1023, 1024]) {
        run = () => Promise.resolve(answerOf(eventOf('x'.repeat(length - nothing))));
        await (await fetch(url, gzip)).text();
        expect(blocks).toBe(length - 1023);
      }
    });

    it('come as they are sent, and not at the end', async () => {
      const feed = createFeed();
      follow(feed);
      const response = await fetch(url, gzip);
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (const event of [short, long]) {
        feed.event(event);
        while (!text.includes(JSON.stringify(event))) text += (await reader?.read())?.value ?? '';
      }
      await reader?.cancel();
      expect(text.startsWith(COMMENT)).toBe(true);
    });

    it('have the length and the check of gzip at their end', async () => {
      run = () => Promise.resolve(answerOf(long));
      const bytes = await new Promise<Buffer>((resolve, reject) => {
        get(url, gzip, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () => {
            resolve(Buffer.concat(chunks));
          });
        }).on('error', reject);
      });
      expect(gunzipSync(bytes).toString()).toBe(textOf(long));
      expect(bytes.length).toBeLessThan(1000);
    });
  });
});

/** Of more than one thread's worth, and hard to compress. */
function randomText(): string {
  let text = '';
  for (let seed = 1; text.length < 1_000_000; seed = (seed * 48_271) % 0x7fffffff) text += seed.toString(36);
  return text;
}
