import { getMaxListeners, once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lasting, NOBODY, rejected, type Caller } from '../../src/auth/caller.ts';
import type { Allowance } from '../../src/graphql/operations/rate-limit.ts';
import { createAuthentication } from '../../src/http/authentication.ts';
import { MAX_BODY_BYTES, readBody } from '../../src/http/body.ts';
import { MIN_COUNTED_BYTES } from '../../src/http/connection/client-bytes.ts';
import { createWaitingClient, signalOfClient } from '../../src/http/connection/client-signal.ts';
import { createExchange } from '../../src/http/exchange.ts';
import { createExplorerPage } from '../../src/http/graphql/explorer-page.ts';
import { createUnacceptedCallers } from '../../src/http/unaccepted-callers.ts';
import { allowanceHeaders, createRateLimits } from '../../src/http/rate-limits.ts';
import type { HttpResponse } from '../../src/http/response-writer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { anyCharacter } from '../harness/any-character.ts';
import { createManualClock } from '../harness/clock.ts';
import { captureLog } from '../support/observed.ts';
import { settle, viewerOf } from '../support/operations.ts';

const requestWith = (headers: Readonly<Record<string, string>> = {}, socket = new Socket()) =>
  Object.assign(new IncomingMessage(socket), { headers });

describe('a body', () => {
  /** Reads one that comes in these pieces. */
  async function read(pieces: readonly Buffer[], length?: number) {
    const request = requestWith(length === undefined ? {} : { 'content-length': String(length) });
    const counted: number[] = [];
    const hold = (bytes: number) => {
      counted.push(bytes);
      return () => undefined;
    };
    const body = readBody(request, { hold });
    for (const piece of pieces) request.push(piece);
    request.complete = true;
    request.push(null);
    return { text: await body, counted };
  }
  const tooLarge = expect.objectContaining({
    message: `The body has more than ${MAX_BODY_BYTES} bytes, which is the most that one operation may have.`,
    extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }),
  });

  it('is the text that was sent, however it is cut, and is counted', async () => {
    const texts = fc.string({ unit: anyCharacter, maxLength: 50 }).chain((text) =>
      fc.record({
        bytes: fc.constantFrom(1, 400, 3000).map((times) => Buffer.from(text.repeat(times))),
        cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.boolean(), async ({ bytes, cuts }, tellsLength) => {
        const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].sort((a, b) => a - b);
        const pieces = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
        const { text, counted } = await read(pieces, tellsLength ? bytes.length : undefined);
        expect(text).toBe(bytes.toString());
        const announced = tellsLength ? bytes.length : MAX_BODY_BYTES;
        const steps = bytes.length > MIN_COUNTED_BYTES ? Math.ceil(bytes.length / 65_536) : 0;
        expect(counted).toEqual(Array.from({ length: steps }, (_, at) => Math.min(65_536, announced - at * 65_536)));
      }),
      { numRuns: 40 },
    );
  });

  it('may have 1 MiB, whether it tells its length or not', async () => {
    const largest = Buffer.alloc(MAX_BODY_BYTES, 'x');
    for (const length of [largest.length, undefined]) {
      expect((await read([largest], length)).text).toHaveLength(MAX_BODY_BYTES);
    }
    expect((await read([largest.subarray(0, MIN_COUNTED_BYTES)])).counted).toEqual([]);
    await expect(read([largest, Buffer.from('x')])).rejects.toEqual(tooLarge);
    await expect(read([], MAX_BODY_BYTES + 1)).rejects.toEqual(tooLarge);
  });

  it('is dropped as it comes when it is refused', async () => {
    const full = new Error('full');
    const request = requestWith();
    const body = readBody(request, {
      hold: () => {
        throw full;
      },
    });
    request.push(Buffer.alloc(MIN_COUNTED_BYTES));
    request.push(Buffer.alloc(1));
    await expect(body).rejects.toBe(full);
    expect(request.listenerCount('data')).toBe(0);
    request.push(Buffer.alloc(MIN_COUNTED_BYTES));
    request.push(null);
    await once(request, 'end');
    expect(request.readableLength).toBe(0);
  });

  it('is refused where its client leaves, and where it can not be read', async () => {
    const hold = () => () => undefined;
    const left = requestWith();
    const body = readBody(left, { hold });
    left.push('{');
    left.destroy();
    await expect(body).rejects.toMatchObject({ extensions: { code: 'BAD_REQUEST' } });
    const broken = requestWith();
    const other = readBody(broken, { hold });
    broken.destroy(new Error('broken'));
    await expect(other).rejects.toMatchObject({ extensions: { code: 'BAD_REQUEST' } });
    const [whole, cut] = [Buffer.from('é'), Buffer.from('é').subarray(0, 1)];
    expect((await read([whole])).text).toBe('é');
    for (const pieces of [[cut], [whole, cut]])
      await expect(read(pieces)).rejects.toMatchObject({ extensions: { code: 'BAD_REQUEST' } });
  });

  it('is refused where it is compressed, with the start of what it says it is', async () => {
    const encoding = 'x'.repeat(101);
    const request = requestWith({ 'content-encoding': encoding });
    await expect(readBody(request, { hold: () => () => undefined })).rejects.toMatchObject({
      message: expect.stringMatching(/"x{100}"/),
      extensions: { code: 'BAD_REQUEST', http: { status: 415 } },
    });
    request.push(Buffer.alloc(MIN_COUNTED_BYTES));
    request.push(null);
    await settle();
    expect(request.readableEnded).toBe(true);
  });
});

describe('the caller of a request', () => {
  const clock = createManualClock();
  const REFUSED = rejected(new GatewayError('UNAUTHENTICATED', 'That is no key.'));

  /** `known` are the callers that are told at once, others are verified. */
  function createHarness(callers: Readonly<Record<string, Caller>>, known: readonly string[] = Object.keys(callers)) {
    const asked: (string | null)[] = [];
    const verified: (string | null)[] = [];
    const callerOf = (credential: string | null) => (credential === null ? NOBODY : (callers[credential] ?? REFUSED));
    const log = captureLog('info');
    const authenticate = createAuthentication({
      authenticator: {
        known(credential) {
          asked.push(credential);
          return credential === null || known.includes(credential) ? callerOf(credential) : null;
        },
        authenticate(credential) {
          verified.push(credential);
          return Promise.resolve(callerOf(credential));
        },
      },
      ...{ addressOf: () => '10.0.0.1', now: clock.now, logger: log.logger },
    });
    return { authenticate, asked, verified, log };
  }
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const ONE = lasting(viewerOf('one'));
  const OTHER = lasting(viewerOf('other'));

  it.each([
    ['Bearer key', 'key'],
    ['bearer   key-1.a/b~  ', 'key-1.a/b~'],
    [`Bearer ${'k'.repeat(8192)}`, 'k'.repeat(8192)],
    [`Bearer ${'k'.repeat(8193)}`, null],
    ['Bearer a b', null],
    ['Bearer schlüssel', null],
    ['Bearer', null],
    ['Bearerkey', null],
    ['Basic a2V5', null],
    ['x Bearer key', null],
    ['', null],
    [undefined, null],
  ])('is asked for by what follows Bearer: %j', async (authorization, credential) => {
    const { authenticate, asked } = createHarness({});
    await authenticate(requestWith(authorization === undefined ? {} : { authorization }));
    expect(asked).toEqual([credential]);
  });

  it('is the one of its own header, or of the one that is given in its place', async () => {
    const { authenticate } = createHarness({ one: ONE, other: OTHER });
    const request = requestWith(bearer('one'));
    expect(authenticate(request)).toBe(ONE);
    expect(authenticate(request, 'Bearer other')).toBe(OTHER);
    expect(authenticate(request)).toBe(ONE);
    expect(authenticate(requestWith())).toBe(NOBODY);
    expect(await createHarness({ one: ONE }, []).authenticate(request)).toBe(ONE);
  });

  it('is remembered by its connection, as long as it is verified', async () => {
    for (const known of [['one'], []]) {
      const soon = { ...ONE, verifiedUntilMs: clock.now() + 1000 };
      const { authenticate, asked } = createHarness({ one: soon }, known);
      const socket = new Socket();
      for (let time = 0; time < 3; time += 1) expect(await authenticate(requestWith(bearer('one'), socket))).toBe(soon);
      clock.advance(999);
      await authenticate(requestWith(bearer('one'), socket));
      expect(asked).toHaveLength(1);
      clock.advance(1);
      await authenticate(requestWith(bearer('one'), socket));
      expect(asked).toHaveLength(2);
      await authenticate(requestWith(bearer('one')));
      expect(asked).toHaveLength(3);
    }
  });

  it('that is refused is verified each time, and logged', async () => {
    const { authenticate, verified, log } = createHarness({ bad: REFUSED });
    const socket = new Socket();
    for (let time = 0; time < 2; time += 1)
      expect(await authenticate(requestWith(bearer('bad'), socket))).toBe(REFUSED);
    expect(verified).toEqual(['bad', 'bad']);
    const line = { client: '10.0.0.1', code: 'UNAUTHENTICATED', reason: 'That is no key.' };
    expect(log.lines).toMatchObject([line, line]);
    await createHarness({ one: ONE }, []).authenticate(requestWith(bearer('one')));
    expect(log.lines).toHaveLength(2);
  });
});

describe('the rate of a request', () => {
  const allowance: Allowance = { isAllowed: true, limit: 60, remaining: 3, resetSeconds: 57, retryAfterSeconds: 0 };

  it('is that of its viewer, if there is a limit, and that of its network without an accepted key', () => {
    const taken: string[] = [];
    const limit = (kind: string) => ({
      take: (key: string) => {
        taken.push(`${kind} ${key}`);
        return allowance;
      },
    });
    const viewer = lasting(viewerOf('one'));
    const isAccepted = (viewerId: string) => viewerId === viewer.viewer?.id;
    const callers = createUnacceptedCallers({ byAddress: limit('address'), isAccepted, networkOf: () => '10.0.0.1' });
    const { take } = createRateLimits({ byViewer: limit('viewer') });
    const invented = lasting(viewerOf('invented'));
    for (const caller of [viewer, NOBODY, invented]) {
      expect(take(caller, callers.of(caller, requestWith()))).toBe(allowance);
    }
    expect(createRateLimits({ byViewer: null }).take(viewer, callers.of(viewer, requestWith()))).toBeNull();
    const address = 'address 10.0.0.1';
    expect(taken).toEqual([`viewer ${viewer.viewer?.id}`, address, address, `viewer ${invented.viewer?.id}`]);
  });

  it('is told in headers', () => {
    const told = ['ratelimit-limit', '60', 'ratelimit-remaining', '3', 'ratelimit-reset', '57'];
    expect(allowanceHeaders(allowance)).toEqual(told);
    const refused = { ...allowance, isAllowed: false, retryAfterSeconds: 2 };
    expect(allowanceHeaders(refused)).toEqual([...told, 'retry-after', '2']);
  });
});

describe('the signal of a client', () => {
  it('fires when it is gone, at once if it was gone before', async () => {
    const response = new ServerResponse(requestWith());
    const [before, after] = [signalOfClient(response), signalOfClient(response)];
    expect(before().aborted).toBe(false);
    response.destroy();
    await settle();
    expect([before().aborted, after().aborted]).toEqual([true, true]);
  });

  it('is made once, when it is asked for, and for any number of loads', () => {
    const response = new ServerResponse(requestWith());
    const before = response.listenerCount('close');
    const signal = signalOfClient(response);
    expect(response.listenerCount('close')).toBe(before);
    expect(signal()).toBe(signal());
    expect(response.listenerCount('close')).toBe(before + 1);
    expect(getMaxListeners(signal())).toBe(0);
  });

  it('fires for one operation of several on a connection when that is given up', () => {
    const [one, other] = [createWaitingClient(), createWaitingClient()];
    const before = one.signal();
    expect([before.aborted, one.isGone()]).toEqual([false, false]);
    for (const each of [one, other]) each.leave();
    expect([before.aborted, one.isGone(), other.signal().aborted]).toEqual([true, true, true]);
  });
});

describe('a browser that opens /graphql', () => {
  const SANDBOX = '<html><style nonce="a-b"></style><body>Sandbox</body></html>';
  const GRAPHIQL = { body: 'GraphiQL', contentSecurityPolicy: "default-src 'self'" };

  function createHarness(landingPage: string | null, graphiql: typeof GRAPHIQL | null = GRAPHIQL) {
    const written: HttpResponse[] = [];
    const answerBrowser = createExplorerPage({
      landingPage: () => Promise.resolve(landingPage),
      graphiql: () => Promise.resolve(graphiql),
      basePath: '/base',
      writer: { write: (_exchange, response) => void written.push(response), head: () => [] },
    });
    const visit = (search: string, cookie = '') => {
      const request = Object.assign(requestWith({ cookie }), { url: `/graphql${search}` });
      return answerBrowser(createExchange(request, new ServerResponse(request)));
    };
    return { visit, written };
  }
  const PAGE = {
    status: 200,
    contentType: 'text/html; charset=utf-8',
    cacheControl: 'no-cache',
    vary: 'authorization, accept, cookie',
  };

  it('gets Sandbox with a link to GraphiQL, under its own policy', async () => {
    const { visit, written } = createHarness(SANDBOX);
    for (let time = 0; time < 2; time += 1) expect(await visit('')).toBe(true);
    const [first, second] = written;
    expect(first).toMatchObject({ ...PAGE, headers: ['referrer-policy', 'same-origin'] });
    const page = String(first?.body);
    expect(page).toMatch(/Sandbox<style nonce="a-b">[^<]+<\/style><a [^>]*href="\/base\/graphql\?explorer=graphiql"/);
    expect(page).toMatch(/<\/a><\/body><\/html>$/);
    // Compressed once.
    expect(second).toEqual(first);
    expect(second?.forms).toBe(first?.forms);
  });

  it.each([
    ['<style nonce=a-b>', 'a-b'],
    ['<style>', ''],
  ])('gets Sandbox with a style of its own nonce, if it has one: %s', async (style, nonce) => {
    const { visit, written } = createHarness(`${style}</style></body>`);
    await visit('');
    expect(String(written[0]?.body)).toContain(`</style><style nonce="${nonce}">`);
  });

  it('gets GraphiQL where it chose that and it is built, and its choice is remembered', async () => {
    const { visit, written } = createHarness(SANDBOX);
    await visit('?explorer=graphiql');
    await visit('', 'stepgate-explorer=graphiql');
    const headers = ['referrer-policy', 'same-origin'];
    const cookie = 'stepgate-explorer=graphiql; Path=/base/graphql; Max-Age=31536000; SameSite=Lax; HttpOnly';
    expect(written).toEqual([
      { ...PAGE, ...GRAPHIQL, headers: [...headers, 'set-cookie', cookie] },
      { ...PAGE, ...GRAPHIQL, headers },
    ]);
    const unbuilt = createHarness(SANDBOX, null);
    await unbuilt.visit('', 'stepgate-explorer=graphiql');
    expect(String(unbuilt.written[0]?.body)).toContain('Sandbox');
  });

  it('learns that explorers are off, unless it sends an operation', async () => {
    const { visit, written } = createHarness(null);
    expect(await visit('?query={__typename}')).toBe(false);
    expect(written).toEqual([]);
    expect(await visit('')).toBe(true);
    expect(written).toMatchObject([{ status: 400, vary: 'authorization, accept' }]);
    expect(JSON.parse(String(written[0]?.body))).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});
