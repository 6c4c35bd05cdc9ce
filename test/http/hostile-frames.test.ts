import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';

const INIT = '{"type":"connection_init","payload":{"authorization":"Bearer key-1"}}';
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

/** `JSON.stringify` cannot write such deep nesting, so this is text. */
const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('{"__proto__":{"a":1}}', '1e400', '12345678901234567890', '"{ __typename }"', '{"persistedQuery":1}'),
  fc.constantFrom(150, 5_000, 100_000).map(nested),
  fc.constant(`"${'x'.repeat(300_000)}"`),
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
  const upstream = perBlock(() => startFaultyUpstream());
  const gateway = perBlock(() =>
    startGateway({ UPSTREAM_URL: upstream.url, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '100000' }),
  );

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

  it('A deeply nested named operation is refused, and its socket stays open if it has a key', async () => {
    for (const name of ['"id":"x"', '"documentId":"x"', '"extensions":{"persistedQuery":{}}']) {
      const text = `{"type":"subscribe","id":"1","payload":{${name},"variables":{"a":${nested(5_000)}}}}`;
      expect([await send([text]), await send([INIT, text])]).toEqual([4401, 'open']);
    }
  });

  it('The gateway answers normally after any frames', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(frame, { minLength: 1, maxLength: 5 }), async (hasKey, frames) => {
        await send(hasKey ? [INIT, ...frames] : frames);
        expect((await gateway.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
      }),
      { numRuns: 30 },
    );
  });
});
