/** Request bodies: their size and encoding. */
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyCharacter } from '../harness/any-character.ts';
import { TestGateway } from '../harness/gateway.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import { ask } from '../harness/plain-http.ts';
import { connectRaw, headOfPost, postOf, type RawConnection } from '../harness/raw-http.ts';
import { until } from '../harness/until.ts';

const MEGABYTE = 2 ** 20;
const TYPENAME = '{ __typename }';
const statusOf = ({ head }: { readonly head: string }) => Number(head.slice(9, 12));

const log = captureLog('debug');
const gateway = perTest(new TestGateway({ logger: log.logger }));
const { upstream } = gateway;
const keep = cutAfterTest<{ cut(): void }>();

async function connectOne(): Promise<RawConnection> {
  const raw = await connectRaw(gateway.url);
  keep({
    cut: () => {
      raw.close();
    },
  });
  return raw;
}
const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  ask(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
    body,
  });

describe('a body', () => {
  it('is read as sent, however it is chunked', async () => {
    const texts = fc.tuple(fc.string({ unit: anyCharacter, maxLength: 50 }), fc.constantFrom(1, 100, 1000));
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
    upstream.script = ({ body }) => ({ json: { run_id: 'new', message: (JSON.parse(body) as { a: string }).a } });
    await fc.assert(
      fc.asyncProperty(texts, cuts, fc.boolean(), async ([text, times], places, hasLength) => {
        const raw = await connectRaw(gateway.url);
        const inputs = { a: text.repeat(times) };
        const query = 'mutation ($inputs: JSON) { executeWorkflow(workflowId: "wf", inputs: $inputs) { message } }';
        const body = Buffer.from(JSON.stringify({ query, variables: { inputs } }));
        const ends = [...places.map((place) => Math.floor(place * body.length)), body.length].sort((a, b) => a - b);
        const pieces = ends.map((end, at) => body.subarray(ends[at - 1] ?? 0, end)).filter(({ length }) => length > 0);
        const before = upstream.count('execute');
        if (hasLength) await raw.send(headOfPost('key-1', `content-length: ${body.length}`), ...pieces);
        else {
          const chunks = pieces.map((piece) =>
            Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
          );
          await raw.send(headOfPost('key-1', 'transfer-encoding: chunked'), ...chunks, '0\r\n\r\n');
        }
        await raw.read(1);
        raw.close();
        expect(upstream.count('execute')).toBe(before + 1);
        // A diff of long strings would fill the screen.
        expect(upstream.calls.at(-1)?.body === JSON.stringify(inputs)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['that has a length', (body: string) => postOf(body)],
    [
      'that comes in chunks',
      (body: string) =>
        `${headOfPost('key-1', 'transfer-encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])('%s may have 1 MiB; a longer one gets 413', async (_, requestWith) => {
    const body = JSON.stringify({ query: TYPENAME });
    for (const [length, status] of [
      [MEGABYTE, 200],
      [MEGABYTE + 1, 413],
      [2 * MEGABYTE, 413],
    ] as const) {
      const raw = await connectOne();
      const answer = await raw.ask(requestWith(body.padEnd(length)));
      expect(statusOf(answer)).toBe(status);
      if (status === 413) expect(answer.body).toContain('"BAD_USER_INPUT"');
    }
  });

  it('closes the connection if its rest would have to be read', async () => {
    const length = 32 * MEGABYTE;
    const announced = `content-length: ${length}`;
    const chunked = 'transfer-encoding: chunked';
    const headOf = (line: string) => `${line} HTTP/1.1\r\nhost: x\r\n${announced}\r\n\r\n`;
    const refuse = async (head: string, status: number) => {
      const raw = await connectOne();
      const ended = once(raw.socket, 'end');
      const answer = await raw.ask(head, Buffer.alloc(length, ' '));
      expect(answer.head).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close`, 'i'));
      await ended;
      // What neither side's system buffers, the client still has.
      expect(raw.socket.writableLength).toBeGreaterThan(0);
    };
    await Promise.all([
      refuse(headOfPost('key-1', announced), 413),
      refuse(`${headOfPost('key-1', chunked)}${length.toString(16)}\r\n`, 413),
      refuse(headOfPost('key-1', announced, 'content-encoding: gzip'), 415),
      refuse(headOf('POST /elsewhere'), 404),
      refuse(headOf('PUT /graphql'), 405),
      refuse(headOf('POST /%zz'), 400),
      refuse(headOf('GET /healthz'), 200),
    ]);
  });

  it('leaves its connection usable if short and rejected', async () => {
    const raw = await connectOne();
    for (const path of ['/elsewhere', '/%zz']) {
      await raw.ask(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n${' '.repeat(60_000)}`);
    }
    expect(statusOf(await raw.ask(postOf({ query: TYPENAME })))).toBe(200);
  });

  it('is ignored in a GET', async () => {
    const raw = await connectOne();
    const lines = 'host: x\r\nauthorization: Bearer key-1\r\ncontent-length: 2000000\r\n';
    const { body } = await raw.ask(`GET /graphql?query={__typename} HTTP/1.1\r\n${lines}\r\n`);
    expect(body).toBe('{"data":{"__typename":"Query"}}');
    // The gateway would wait for the rest of the body when it closes.
    raw.close();
  });

  it.each<[string, string | Uint8Array, Readonly<Record<string, string>>, number]>([
    ['in no encoding', JSON.stringify({ query: TYPENAME }), { 'content-encoding': 'identity' }, 200],
    ['compressed', gzipSync(JSON.stringify({ query: TYPENAME })), { 'content-encoding': 'gzip' }, 415],
    ['in UTF-8', Buffer.from(JSON.stringify({ query: TYPENAME, variables: { a: 'größer' } })), {}, 200],
    ['in Latin-1', Buffer.from(JSON.stringify({ query: TYPENAME, variables: { a: 'größer' } }), 'latin1'), {}, 400],
    ['cut inside a character', Buffer.from('{"query":"{ __typename }"}é').subarray(0, -1), {}, 400],
  ])('is read only if it is uncompressed UTF-8: %s', async (_, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.status).toBe(status);
    if (status !== 200) expect(answer.body.toString()).toContain('"BAD_REQUEST"');
  });

  it('is logged as BAD_REQUEST if aborted, not as an internal error', async () => {
    const before = log.operations.length;
    const raw = await connectOne();
    await raw.send(`${headOfPost('key-1', 'content-length: 100')}{`);
    // The gateway has read the beginning of the body before it reads this query.
    await gateway.query(TYPENAME);
    raw.close();
    await until(() => log.operations.length === before + 2);
    expect(log.operations).toContainEqual(expect.objectContaining({ errorCodes: ['BAD_REQUEST'] }));
    expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
