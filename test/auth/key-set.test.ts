import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exportJWK } from 'jose';
import { createKeySet, type KeySet } from '../../src/auth/key-set.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { createSigningKey, startIssuer, type Issuer, type SigningKey } from '../harness/issuer.ts';
import { until } from '../harness/fleet.ts';
import { captureLog, type CapturedLog } from '../support/observed.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** `found`, or why not. */
const lookUp = (keySet: KeySet, kid: string | undefined, alg = 'ES256'): Promise<string> =>
  keySet((find) => find({ alg, ...(kid !== undefined && { kid }) }, { payload: '', signature: '' })).then(
    () => 'found',
    (error: unknown) => (error as { code: string }).code,
  );
const NOT_LISTED = 'ERR_JWKS_NO_MATCHING_KEY';

describe("the keys of the tokens' issuer", () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let log: CapturedLog;
  let keys: readonly SigningKey[];

  beforeAll(async () => {
    keys = await Promise.all(['a', 'b'].map((kid) => createSigningKey(kid)));
  });
  beforeEach(async () => {
    clock = createManualClock();
    log = captureLog('warn');
    issuer = await startIssuer(clock.now);
  });
  afterEach(() => issuer.close());
  const open = (source = issuer.jwksUrl) => createKeySet(source, { now: clock.now, logger: log.logger });

  const onTheEdge = (ms: number) => fc.constantFrom(ms - 1, ms);
  const waits = fc.oneof(
    ...[1, SECOND, 30 * SECOND, 10 * MINUTE].map(onTheEdge),
    fc.constantFrom(MINUTE, 9 * MINUTE, HOUR - 30 * SECOND, HOUR - 1, HOUR),
  );
  const turns = fc.array(
    fc.record({
      ms: waits,
      isUp: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
      listed: fc.subarray(['a', 'b'], { minLength: 1 }),
      kid: fc.constantFrom('a', 'a', 'b', 'made-up'),
      concurrent: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 12 },
  );

  it('are read where none are known, at ten minutes, and for an unknown name: by all that wait together, never too often, and after a failure without a wait', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (commands) => {
        const keySet = await open();
        let read: { readonly at: number; readonly kids: readonly string[] } | null = null;
        let triedAt = -Infinity;
        let failedAt = -Infinity;
        for (const { ms, isUp, listed, kid, concurrent } of commands) {
          clock.advance(ms);
          issuer.failsWith = isUp ? null : 503;
          issuer.keys = keys.filter((key) => listed.includes(key.kid));
          const now = clock.now();
          const before = issuer.requests;
          const outcomes = await Promise.all(Array.from({ length: concurrent }, () => lookUp(keySet, kid)));

          const isWanted: boolean = !read || now - read.at >= 10 * MINUTE || !read.kids.includes(kid);
          const mayGoOn = read && now - read.at < HOUR && now - failedAt < MINUTE && read.kids.includes(kid);
          const isAllowed = now - triedAt >= (read ? 30 * SECOND : SECOND);
          const isAsked = isWanted && isAllowed;
          if (isAsked) triedAt = now;
          // It waits for what is read meanwhile, and asks for nothing itself.
          if (isAsked) await lookUp(keySet, 'made-up');
          if (isAsked && isUp) read = { at: now, kids: listed };
          if (isAsked && !isUp) failedAt = now;
          expect(issuer.requests - before).toBe(isAsked ? 1 : 0);
          const isUsable = read && now - read.at < HOUR;
          const isMaybeNew = failedAt > (read?.at ?? 0);
          const expected = mayGoOn || read?.kids.includes(kid) ? 'found' : isMaybeNew ? 'no keys' : NOT_LISTED;
          expect(new Set(outcomes.map((outcome) => (/^ERR|found/.test(outcome) ? outcome : 'no keys')))).toEqual(
            new Set([isUsable ? expected : 'no keys']),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('that are good hold nobody up while the issuer hangs, or a made-up name is looked for', async () => {
    issuer.keys = [...keys];
    const keySet = await open();
    expect(await lookUp(keySet, 'a')).toBe('found');
    issuer.failsWith = 503;
    clock.advance(10 * MINUTE);
    expect(await lookUp(keySet, 'a')).toBe('found');
    issuer.failsWith = null;
    expect(log.lines).toHaveLength(1);

    for (const kid of ['a', 'made-up']) {
      clock.advance(30 * SECOND);
      const answers = issuer.hold();
      const before = issuer.requests;
      const first = lookUp(keySet, kid);
      await until(() => issuer.requests > before);
      // A second warning would be that of a wait that was given up.
      expect([await lookUp(keySet, 'b'), log.lines.length]).toEqual(['found', 1]);
      answers.release();
      expect(await first).toBe(kid === 'a' ? 'found' : NOT_LISTED);
      expect(await lookUp(keySet, 'made-up')).toBe(NOT_LISTED);
      expect(issuer.requests).toBe(before + 1);
    }
  });

  it('may have a new one while the issuer can not be reached: its token is not refused, and found when they are read', async () => {
    issuer.keys = keys.slice(0, 1);
    const keySet = await open();
    expect([await lookUp(keySet, 'a'), await lookUp(keySet, 'b')]).toEqual(['found', NOT_LISTED]);
    issuer.keys = [...keys];
    issuer.failsWith = 503;
    clock.advance(30 * SECOND);
    // Of the second nobody asks the issuer.
    for (let times = 0; times < 2; times += 1) expect(await lookUp(keySet, 'b')).toBe('IDENTITY_UNAVAILABLE');
    expect(await lookUp(keySet, 'a')).toBe('found');
    issuer.failsWith = null;
    clock.advance(30 * SECOND);
    expect([await lookUp(keySet, 'b'), await lookUp(keySet, 'made-up')]).toEqual(['found', NOT_LISTED]);
  });

  it('are waited for again a minute after a failure, and not before', async () => {
    for (const [ms, expected] of [
      [MINUTE - 1, 'found'],
      [MINUTE, NOT_LISTED],
    ] as const) {
      issuer.keys = keys.slice(0, 1);
      const keySet = await open();
      expect(await lookUp(keySet, 'a')).toBe('found');
      issuer.failsWith = 503;
      clock.advance(10 * MINUTE);
      expect(await lookUp(keySet, 'made-up')).toBe('IDENTITY_UNAVAILABLE');
      issuer.failsWith = null;
      issuer.keys = keys.slice(1);
      clock.advance(ms);
      expect(await lookUp(keySet, 'a')).toBe(expected);
    }
  });

  it('that were asked for at the moment of a failure are the latest', async () => {
    const answers = issuer.hold();
    issuer.failsWith = 503;
    const keySet = await open();
    const first = lookUp(keySet, 'a');
    await until(() => issuer.requests === 1);
    clock.advance(SECOND);
    answers.release();
    expect(await first).toBe('IDENTITY_UNAVAILABLE');
    issuer.failsWith = null;
    expect(await lookUp(keySet, 'made-up')).toBe(NOT_LISTED);
  });

  it('are no more than 200, which the log says once', async () => {
    const named = (kid: string): SigningKey => ({ ...listed, kid, publicJwk: { ...listed.publicJwk, kid } });
    const [listed] = keys as [SigningKey];
    issuer.keys = Array.from({ length: 201 }, (_, index) => named(`key ${index}`));
    const keySet = await open();
    expect([await lookUp(keySet, 'key 199'), await lookUp(keySet, 'key 200')]).toEqual(['found', NOT_LISTED]);
    clock.advance(10 * MINUTE);
    expect(await lookUp(keySet, 'key 199')).toBe('found');
    expect([issuer.requests, log.lines]).toMatchObject([2, [{ keys: 201 }]]);
  });

  it('are not read again for a token that fits several of them', async () => {
    issuer.keys = [...keys];
    const keySet = await open();
    expect(await lookUp(keySet, 'a')).toBe('found');
    clock.advance(MINUTE);
    await expect(lookUp(keySet, undefined)).resolves.toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
    expect(issuer.requests).toBe(1);
  });

  it('are used for an hour while the issuer can not be reached', async () => {
    const keySet = await open();
    issuer.keys = [...keys];
    expect(await lookUp(keySet, 'a')).toBe('found');
    issuer.failsWith = 503;
    clock.advance(HOUR - 1);
    expect(await lookUp(keySet, 'a')).toBe('found');
    clock.advance(1);
    expect(await lookUp(keySet, 'a')).toBe('IDENTITY_UNAVAILABLE');
  });

  it('that can not be read are said in the log, and to the client as IDENTITY_UNAVAILABLE', async () => {
    issuer.failsWith = 503;
    expect(await lookUp(await open(), 'a')).toBe('IDENTITY_UNAVAILABLE');
    expect(log.lines).toMatchObject([{ reason: 'AUTH_JWKS: expected HTTP 200; got 503' }]);
  });

  it('that can not be used are left out, whatever is wrong with them and beside which others, and are said once: not those for something else', async () => {
    const [good] = keys;
    const strong = await createSigningKey('rsa', 'RS256');
    if (!good) throw new Error('expected a key');
    const like = (kid: string, { alg, privateKey, publicJwk }: SigningKey, change: object): SigningKey => ({
      ...{ kid, alg, privateKey },
      publicJwk: { ...publicJwk, kid, ...change },
    });
    const { publicKey: short } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const unusable = [
      like('short', strong, short.export({ format: 'jwk' })),
      like('without exponent', strong, { e: undefined }),
      like('of numbers', strong, { n: 5, e: 6 }),
      like('off the curve', good, { x: 'AAAA', y: 'AAAA' }),
      like('for signing, too', good, { key_ops: ['verify', 'sign'] }),
      like('private', good, await exportJWK(good.privateKey)),
    ];
    // They are good, and checks of signatures are not what they are for.
    const others = [
      like('to encrypt', strong, { use: 'enc' }),
      like('of another algorithm', strong, { alg: 'RSA-OAEP' }),
      like('of another kind', good, { kty: 'AKP' }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...keys, strong, ...unusable, ...others], { minLength: 1 }),
        async (listed) => {
          const told = log.lines.length;
          issuer.keys = listed;
          const keySet = await open();
          for (let reading = 0; reading < 2; reading += 1) {
            for (const { kid, alg } of listed) {
              const isGood = ![...unusable, ...others].some((key) => key.kid === kid);
              expect([kid, await lookUp(keySet, kid, alg)]).toEqual([kid, isGood ? 'found' : NOT_LISTED]);
            }
            clock.advance(10 * MINUTE);
          }
          const left = listed.filter((key) => unusable.includes(key)).map(({ kid }) => kid);
          expect(log.lines.slice(told).map(({ kid }) => kid)).toEqual(left);
        },
      ),
      { numRuns: 20 },
    );
    expect(log.text).not.toContain(good.publicJwk.x);
  });

  describe('of a file', () => {
    let directory: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'stepgate-'));
    });
    afterAll(() => rm(directory, { recursive: true }));
    const textOf = (list: readonly SigningKey[]) => JSON.stringify({ keys: list.map(({ publicJwk }) => publicJwk) });

    it('are read at the start and after ten minutes, and must be there', async () => {
      const file = join(directory, 'keys.json');
      await expect(open(file)).rejects.toThrow(
        /^AUTH_JWKS: expected an http or https URL or a file .* reading it gave ENOENT$/,
      );
      await writeFile(file, textOf(keys.slice(0, 1)));
      const keySet = await open(file);
      expect(await lookUp(keySet, 'a')).toBe('found');
      await writeFile(file, textOf(keys.slice(1)));
      clock.advance(10 * MINUTE - 1);
      expect(await lookUp(keySet, 'a')).toBe('found');
      clock.advance(1);
      expect(await lookUp(keySet, 'a')).toBe(NOT_LISTED);
    });

    it('may have a URL in its path; what begins as a URL is no file', async () => {
      await mkdir(join(directory, 'http:'));
      await writeFile(join(directory, 'http:', 'keys.json'), textOf(keys));
      expect(await lookUp(await open(`${directory}/http://keys.json`), 'a')).toBe('found');
      for (const scheme of ['http', 'https', 'HTTPS']) await open(`${scheme}://127.0.0.1:1/keys.json`);
    });
  });
});
