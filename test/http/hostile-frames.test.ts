import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { openSocket, type SocketClient } from '../harness/live-client.ts';
import { connectRaw } from '../harness/raw-http.ts';

const INIT = '{"type":"connection_init","payload":{"authorization":"Bearer key-1"}}';
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

/** `JSON.stringify` cannot write such deep nesting, so this is a string. */
const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('{"__proto__":{"a":1}}', '1e400', '12345678901234567890', '"{ __typename }"', '{"persistedQuery":1}'),
  fc.constantFrom(150, 5_000, 100_000).map(nested),
  fc.constant(`"${'x'.repeat(30_000)}"`),
);
const objectOf = (names: readonly string[]) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), json), { selector: ([name]) => name })
    .map((entries) => `{${entries.map(([name, value]) => `"${name}":${value}`).join()}}`);

const type = fc.constantFrom(
  'subscribe',
  'subscribe',
  'subscribe',
  'connection_init',
  'ping',
  'pong',
  'complete',
  'next',
);
const id = fc.constantFrom('1', '__proto__', 'constructor', 'x'.repeat(200), '\u{1f600}'.repeat(100));
const payload = objectOf(['query', 'documentId', 'id', 'variables', 'extensions', 'operationName', '__proto__']);
const message = fc
  .tuple(type, id, fc.oneof({ weight: 3, arbitrary: payload }, json))
  .map(([kind, name, value]) => `{"type":"${kind}","id":"${name}","payload":${value}}`);
const frame = fc.oneof(
  { weight: 4, arbitrary: message },
  json,
  fc.string(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.constant('x'.repeat(1_100_000)),
);

/** An exception outside of a promise ends the test, as it would end the process. */
describe('a gateway whose sockets receive hostile frames', () => {
  const gateway = perBlock(new TestGateway({ env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '100000' } }));

  /** Resolves when the gateway has read all frames, or has closed the socket. */
  async function send(frames: readonly (string | Buffer)[]): Promise<number | 'open'> {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    for (const each of frames) socket.send(each);
    const answered = new Promise<'open'>((resolve) => {
      socket.once('pong', () => {
        resolve('open');
      });
    });
    socket.ping();
    const outcome = await Promise.race([closed, answered]);
    socket.terminate();
    return outcome;
  }

  it('rejects a deeply nested operation, keeping an authenticated socket open', async () => {
    for (const name of ['"id":"x"', '"documentId":"x"', '"extensions":{"persistedQuery":{}}']) {
      const text = `{"type":"subscribe","id":"1","payload":{${name},"variables":{"a":${nested(5_000)}}}}`;
      expect([await send([text]), await send([INIT, text])]).toEqual([4401, 'open']);
    }
  });

  describe('one message', () => {
    const MAX_FRAMES = 64;
    const COMPLETE = '{"type":"complete","id":"unknown"}';
    const clients: SocketClient[] = [];
    afterEach(() => {
      for (const client of clients.splice(0)) client.cut();
    });
    async function open(): Promise<SocketClient> {
      const client = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
      clients.push(client);
      return client;
    }
    /** Empty frames, and the last one with the message. */
    function sendInFrames(client: SocketClient, message: string, frames: number): void {
      for (let sent = 1; sent < frames; sent += 1) client.sendPart('');
      client.send(message);
    }
    const closedWith = (code: number) => ({ type: 'closed', code });

    it('may have 64 frames, however many came before', async () => {
      const client = await open();
      for (let count = 0; count < 500; count += 1) sendInFrames(client, COMPLETE, MAX_FRAMES);
      client.subscribe({ query: '{ __typename }' });
      expect(await client.nextData()).toEqual({ __typename: 'Query' });
    });

    it('closes the socket with 1008 after more frames', async () => {
      const client = await open();
      sendInFrames(client, COMPLETE, MAX_FRAMES + 1);
      expect(await client.next()).toEqual(closedWith(1008));
    });

    it('closes the socket with 1009 before its end if too long', async () => {
      const client = await open();
      client.sendPart('x'.repeat(40_000));
      client.sendPart('x'.repeat(40_000));
      expect(await client.next()).toEqual(closedWith(1009));
    });

    it('closes the socket with 1008 if it arrives byte by byte', async () => {
      const raw = await connectRaw(gateway.url);
      const handshake = [
        'GET /graphql HTTP/1.1',
        'host: localhost',
        'connection: upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
        'sec-websocket-protocol: graphql-transport-ws',
      ];
      raw.socket.setNoDelay();
      raw.socket.write(`${handshake.join('\r\n')}\r\n\r\n`);
      const closed = new Promise((resolve) => raw.socket.once('close', resolve));
      let last: Buffer = Buffer.alloc(0);
      raw.socket.on('data', (data: Buffer) => (last = data));
      // A final frame of 60,000 bytes, masked with zeros.
      raw.socket.write(Buffer.from([0x81, 0xfe, 60_000 >> 8, 60_000 & 255, 0, 0, 0, 0]));
      for (let sent = 0; sent < 60_000 && !raw.socket.destroyed && last[0] !== 0x88; sent += 1) {
        raw.socket.write(' ');
        await new Promise(setImmediate);
      }
      raw.close();
      await closed;
      expect([last[0], last.readUInt16BE(2)]).toEqual([0x88, 1008]);
    });
  });

  it.each<[string, (socket: WebSocket) => void]>([
    [
      'pings',
      (socket) => {
        socket.ping();
      },
    ],
    [
      'pongs',
      (socket) => {
        socket.pong();
      },
    ],
    [
      'pings of the protocol',
      (socket) => {
        socket.send('{"type":"ping"}');
      },
    ],
  ])('closes a socket with 1008 after more than ten %s a second', async (_, sendOne) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    for (let count = 0; count < 5000; count += 1) sendOne(socket);
    expect(await closed).toBe(1008);
  });

  it('responds normally after any frames', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(frame, { minLength: 1, maxLength: 5 }), async (hasKey, frames) => {
        await send(hasKey ? [INIT, ...frames] : frames);
        expect((await gateway.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
      }),
      { numRuns: 30 },
    );
  });
});
