import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { exportJWK } from 'jose';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createSigningKey, Issuer, secondsOf, type SigningKey } from '../harness/issuer.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { listen, stop } from '../harness/local-server.ts';
import { type CapturedLog, captureLog } from '../harness/observed.ts';
import { freePort } from '../harness/program.ts';
import { until } from '../harness/until.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const WRONG_KEYS = 'AUTH_JWKS must be the URL or file of a JSON Web Key Set';
/** The delay after a failure before the issuer is asked again. */
const PAUSE = 10 * SECOND;
const UNKNOWN = 'UNAUTHENTICATED';
const UNAVAILABLE = 'IDENTITY_UNAVAILABLE';

describe('the signing keys of the issuer', () => {
  let clock: ManualClock;
  let gateway: TestGateway | null;
  let log: CapturedLog;
  let directory: string;
  let a: SigningKey;
  let b: SigningKey;
  let rsa: SigningKey;
  let turn = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stepgate-'));
    [a, b, rsa] = await Promise.all([createSigningKey('a'), createSigningKey('b'), createSigningKey('rsa', 'RS256')]);
  });
  afterAll(() => rm(directory, { recursive: true }));
  const upstream = perBlock(new ScriptedUpstream());
  beforeEach(() => {
    clock = createManualClock();
    // jose reads the machine's clock.
    jest.spyOn(Date, 'now').mockImplementation(clock.now);
    log = captureLog('warn');
    gateway = null;
  });
  const issuer = perTest(new Issuer(() => clock.now()));
  beforeEach(() => {
    issuer.keys = [a];
  });
  afterEach(async () => {
    await gateway?.close();
    jest.restoreAllMocks();
  });

  const start = async (jwks = issuer.jwksUrl) => {
    await gateway?.close();
    gateway = await startGateway({ upstream, env: { ...issuer.env, AUTH_JWKS: jwks }, clock, logger: log.logger });
  };

  /** Without the lines of operations. */
  const warnings = () => log.lines.filter(({ msg }) => msg !== 'operation');

  /** `accepted` if a new token with this key is accepted, or the code of its error. */
  async function ask(key: SigningKey): Promise<string> {
    turn += 1;
    const token = await issuer.token({ turn, exp: secondsOf(clock.now()) + 300 }, key);
    const answer = await gateway?.query(RUN, { key: token });
    return answer?.errors[0]?.extensions.code ?? 'accepted';
  }

  /** The same key with a changed public key in the list. */
  const like = (kid: string, key: SigningKey, change: object): SigningKey => ({
    ...key,
    kid,
    publicJwk: { ...key.publicJwk, kid, ...change },
  });

  it('load once for concurrent tokens, and again after ten minutes', async () => {
    await start();
    expect(await Promise.all([a, a, a].map(ask))).toEqual(['accepted', 'accepted', 'accepted']);
    issuer.keys = [b];
    clock.advance(10 * MINUTE - 1);
    expect([await ask(a), issuer.requests]).toEqual(['accepted', 1]);
    clock.advance(1);
    expect([await ask(a), await ask(b), issuer.requests]).toEqual([UNKNOWN, 'accepted', 2]);
  });

  it('reload for unknown key ids, at most every 30 s', async () => {
    await start();
    expect(await ask(a)).toBe('accepted');
    issuer.keys = [b];
    clock.advance(30 * SECOND - 1);
    expect([await ask(b), issuer.requests]).toEqual([UNKNOWN, 1]);
    clock.advance(1);
    expect([await ask(b), issuer.requests]).toEqual(['accepted', 2]);
    for (let time = 0; time < 5; time += 1) expect(await ask(a)).toBe(UNKNOWN);
    expect(issuer.requests).toBe(2);
  });

  it('expire after ten minutes of an outage, with a retryable error', async () => {
    issuer.failsWith = 503;
    await start();
    expect(await Promise.all([a, a, a].map(ask))).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    clock.advance(PAUSE - 1);
    issuer.failsWith = null;
    expect([await ask(a), issuer.requests]).toEqual([UNAVAILABLE, 1]);
    clock.advance(1);
    expect([await ask(a), issuer.requests]).toEqual(['accepted', 2]);
    issuer.failsWith = 503;
    clock.advance(10 * MINUTE - 1);
    expect(await ask(a)).toBe('accepted');
    clock.advance(1);
    for (let time = 0; time < 2; time += 1) expect([await ask(a), issuer.requests]).toEqual([UNAVAILABLE, 3]);
    const reason = expect.stringMatching(/^AUTH_JWKS must be .*, got HTTP 503$/);
    expect(warnings()).toMatchObject([{ reason }, { reason }]);
  });

  it('cause a retryable error for new keys during an outage', async () => {
    await start();
    expect(await ask(a)).toBe('accepted');
    issuer.keys = [a, b];
    issuer.failsWith = 503;
    clock.advance(30 * SECOND);
    for (let time = 0; time < 2; time += 1) expect(await ask(b)).toBe(UNAVAILABLE);
    expect([await ask(a), issuer.requests]).toEqual(['accepted', 2]);
    issuer.failsWith = null;
    clock.advance(PAUSE);
    expect([await ask(b), await ask(like('made-up', b, {}))]).toEqual(['accepted', UNKNOWN]);
  });

  it('make all tokens wait up to 5 s for a hanging issuer', async () => {
    const deadline = new AbortController();
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal);
    const answers = issuer.hold();
    await start();
    const waiting = Promise.all([a, a, a].map(ask));
    await until(() => issuer.requests > 0);
    deadline.abort(new DOMException('aborted', 'TimeoutError'));
    expect(await waiting).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    expect(await ask(a)).toBe(UNAVAILABLE);
    expect([issuer.requests, timeout.mock.calls[0]]).toEqual([1, [5000]]);
    expect(warnings()).toMatchObject([{ reason: expect.stringMatching(/^AUTH_JWKS must be .*, got TimeoutError$/) }]);
    answers.release();
    timeout.mockRestore();
    clock.advance(PAUSE);
    expect(await ask(a)).toBe('accepted');
  });

  it('stay usable if others in the set are not', async () => {
    const { publicKey: short } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const unusable = [
      like('short', rsa, short.export({ format: 'jwk' })),
      like('without exponent', rsa, { e: undefined }),
      like('of numbers', rsa, { n: 5, e: 6 }),
      like('off the curve', a, { x: 'AAAA', y: 'AAAA' }),
      like('also for signing', a, { key_ops: ['verify', 'sign'] }),
      like('private', a, await exportJWK(a.privateKey)),
      like('to encrypt', rsa, { use: 'enc' }),
      like('of another algorithm', rsa, { alg: 'RSA-OAEP' }),
      like('of another kind', a, { kty: 'AKP' }),
      like('symmetric', a, { kty: 'oct', k: 'c2VjcmV0' }),
    ];
    issuer.keys = [...unusable, a, b, rsa];
    await start();
    for (const key of unusable) expect([key.kid, await ask(key)]).toEqual([key.kid, UNKNOWN]);
    for (const key of [a, b, rsa]) expect([key.kid, await ask(key)]).toEqual([key.kid, 'accepted']);
    expect(log.text).not.toContain(a.publicJwk.x);
  });

  it('reject a token without a key id if there are several', async () => {
    const unnamed = { ...a, kid: undefined } as unknown as SigningKey;
    await start();
    expect(await ask(unnamed)).toBe('accepted');
    issuer.keys = [a, b];
    clock.advance(10 * MINUTE);
    expect([await ask(unnamed), issuer.requests]).toEqual([UNKNOWN, 2]);
    clock.advance(MINUTE);
    expect([await ask(unnamed), issuer.requests]).toEqual([UNKNOWN, 2]);
  });

  it('come from a file at start and every ten minutes', async () => {
    const textOf = (keys: readonly SigningKey[]) => JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) });
    await mkdir(join(directory, 'http:'));
    // A path that starts like a URL would not be a file. This one does not.
    const file = `${directory}/http://keys.json`;
    await expect(start(file)).rejects.toThrow(/^AUTH_JWKS must be .* got ENOENT$/);
    await writeFile(file, '{"keys":[]}');
    await expect(start(file)).rejects.toThrow(/^AUTH_JWKS must be .* got other content$/);
    await writeFile(file, textOf([a]));
    await start(file);
    expect(await ask(a)).toBe('accepted');
    await writeFile(file, textOf([b]));
    clock.advance(10 * MINUTE - 1);
    expect(await ask(a)).toBe('accepted');
    clock.advance(1);
    expect([await ask(a), await ask(b)]).toEqual([UNKNOWN, 'accepted']);
  });

  describe('the response of the issuer', () => {
    const body = () => JSON.stringify({ keys: [a.publicJwk] });
    const NO_SET = 'other content';
    const answering = (status: number, text: string) => (response: ServerResponse) =>
      response.writeHead(status, { location: '/other' }).end(text);

    /** Starts a gateway whose issuer answers like this, and sends it a token. */
    async function askOver(answer: (response: ServerResponse) => unknown): Promise<string> {
      const server = createServer((request, response) => {
        if (request.url === '/other') answering(200, body())(response);
        else answer(response);
      });
      try {
        await start(`http://127.0.0.1:${await listen(server)}/keys?s3cret`);
        return await ask(a);
      } finally {
        await stop(server);
      }
    }

    it.each<readonly [string, (response: ServerResponse) => unknown, string]>([
      ['a redirect', answering(302, ''), 'HTTP 302'],
      ['no content', answering(204, ''), 'HTTP 204'],
      ['an error with keys', (response) => response.writeHead(404).end(body()), 'HTTP 404'],
      [
        'a part',
        (response) => response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
        'UND_ERR_SOCKET',
      ],
      ...['', 's3cret', '[]', '{}', '{"keys":{}}', '{"keys":[]}', '{"keys":[{}]}', '{"keys":["s3cret"]}'].map(
        (text) => [text, answering(200, text), NO_SET] as const,
      ),
    ])('is rejected if it is %j, and not logged', async (_name, answer, got) => {
      expect(await askOver(answer)).toBe(UNAVAILABLE);
      expect(warnings()).toMatchObject([{ reason: `${WRONG_KEYS}, got ${got}` }]);
      expect(log.text).not.toContain('s3cret');
    });

    it('is a rejection after a timeout, logged without the URL', async () => {
      await start(`HTTP://127.0.0.1:${await freePort()}/s3cret`);
      expect(await ask(a)).toBe(UNAVAILABLE);
      expect(warnings()).toMatchObject([{ reason: `${WRONG_KEYS}, got ECONNREFUSED` }]);
      expect(log.text).not.toContain('s3cret');
    });
  });
});
