import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { connectRaw, postOf, type RawConnection } from '../harness/raw-http.ts';
import { wireRun } from '../harness/wire.ts';

interface Sent {
  readonly runId: string;
  readonly isPost: boolean;
  readonly blankLines: number;
}

const QUERY = 'query ($id: ID!) { run(workflowId: "wf", id: $id) { id outputs } }';

function requestOf({ runId, isPost, blankLines }: Sent, key: string): string {
  const lead = '\r\n'.repeat(blankLines);
  const request = { query: QUERY, variables: { id: runId } };
  if (!isPost) {
    const search = new URLSearchParams({ query: QUERY, variables: JSON.stringify(request.variables) }).toString();
    return `${lead}GET /graphql?${search} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`;
  }
  return lead + postOf(request, key);
}

const answerOf = ({ runId }: Sent, key: string) => ({ data: { run: { id: runId, outputs: `of ${key} ${runId}` } } });

/** The pieces of the body, cut at these fractions of its length. */
function cutAt(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => Math.floor(cut * text.length)))].sort((one, another) => one - another);
  return [0, ...places].map((from, at) => text.slice(from, places[at])).filter((piece) => piece !== '');
}

const sent = fc.record({
  // Few ids, so that answers come from every cache.
  runId: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5'),
  isPost: fc.boolean(),
  blankLines: fc.constantFrom(0, 0, 1, 2),
});
const connection = fc.record({
  requests: fc.array(sent, { minLength: 1, maxLength: 12 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 8 }),
});

describe('pipelined requests', () => {
  const gateway = perBlock(
    new TestGateway({
      script: ({ runId, key }) => ({
        json: [wireRun(runId, { outputs: `of ${key ?? ''} ${runId}` })],
      }),
    }),
  );
  const { upstream } = gateway;

  it('are answered in order, without mixing keys', async () => {
    await fc.assert(
      fc.asyncProperty(connection, connection, async (first, second) => {
        const both = await Promise.all([connectRaw(gateway.url), connectRaw(gateway.url)]);
        const talk = async (raw: RawConnection | undefined, { requests, cuts }: typeof first, key: string) => {
          if (!raw) return;
          await raw.send(...cutAt(requests.map((request) => requestOf(request, key)).join(''), cuts));
          const answers = await raw.read(requests.length);
          expect(answers.map(({ head }) => head.split('\r\n')[0])).toEqual(requests.map(() => 'HTTP/1.1 200 OK'));
          expect(answers.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
            requests.map((request) => answerOf(request, key)),
          );
        };
        try {
          await Promise.all([talk(both[0], first, 'key-1'), talk(both[1], second, 'key-2')]);
        } finally {
          for (const raw of both) raw.close();
        }
      }),
      { numRuns: 100 },
    );
  });

  it('return two keys on one connection their own data', async () => {
    const raw = await connectRaw(gateway.url);
    const keys = Array.from({ length: 20 }, (_, at) => (at % 3 === 0 ? 'key-1' : `key-${at % 2}`));
    const one = { runId: 'r1', isPost: true, blankLines: 0 };
    await raw.send(keys.map((key) => requestOf(one, key)).join(''));
    const answers = await raw.read(keys.length);
    expect(answers.map(({ body }) => JSON.parse(body) as unknown)).toEqual(keys.map((key) => answerOf(one, key)));
    raw.close();
  });

  describe('a request with a pending response', () => {
    const UPGRADE = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n';
    const WEBSOCKET = `${UPGRADE}sec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\n`;
    const first = requestOf({ runId: 'r1', isPost: true, blankLines: 0 }, 'key-3');

    /** The first request is answered when the test says so. */
    async function open(second: string) {
      const { script } = upstream;
      const answer = upstream.holdCalls();
      const own = await startGateway({ upstream });
      const raw = await connectRaw(own.url);
      const called = upstream.nextCall();
      await raw.send(first + second);
      return {
        raw,
        answer,
        called,
        close: () => {
          upstream.script = script;
          raw.close();
          return own.close();
        },
      };
    }

    it.each(['/graphql', '/elsewhere'])(
      'makes an upgrade behind it wait, and rejects it afterwards: %s',
      async (path) => {
        const { raw, called, answer, close } = await open(`GET ${path} HTTP/1.1\r\nhost: x\r\n${WEBSOCKET}\r\n`);
        await called;
        answer();
        const [one, two] = await raw.read(2);
        expect(JSON.parse(one?.body ?? '') as unknown).toEqual({ data: { run: { id: 'r1', outputs: 'of key-3 r1' } } });
        expect(two?.head).toMatch(/^HTTP\/1.1 4\d\d /);
        await close();
      },
    );
  });
});
