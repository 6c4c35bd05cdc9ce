/**
 * The public keys of the tokens' issuer. They are read again when a token names an unknown key, or its signature does not fit, since
 * issuers rotate keys, not always with another name; but at most twice a minute, since anybody can make up such a token.
 */
import { createLocalJWKSet, errors } from 'jose';
import type { Logger } from '../observability/logger.ts';
import { GatewayError } from '../upstream/errors.ts';
import { readJwks } from './jwks.ts';
import { isUsable } from './usable-keys.ts';

/**
 * Calls `verify` with the keys, for `jwtVerify`, and once more with newer ones where it fails for a lack of them. Rejects with
 * IDENTITY_UNAVAILABLE where no keys could be read, or a key may be newer than those that are known.
 */
export type KeySet = <T>(verify: (find: FindKey) => Promise<T>) => Promise<T>;

export type FindKey = ReturnType<typeof createLocalJWKSet>;

export interface KeySetOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** Checking a key takes 0.2 ms: an issuer must not hold up the process. */
const MAX_KEYS = 200;
const MIN_INTERVAL_MS = 30_000;
/** The interval while there are no keys at all, and every token is rejected. */
const RETRY_MS = 1000;
/** The keys are read again after this time, so that a withdrawn key is rejected. */
const MAX_AGE_MS = 600_000;
/** While the issuer can't be reached, its last keys are used this long (stale-if-error). */
const STALE_MS = 3_600_000;
/** For so long after a failure nobody waits for the next attempt: an issuer that hangs takes five seconds each time. */
const FAILING_MS = 2 * MIN_INTERVAL_MS;

interface Keys {
  readonly readAt: number;
  readonly find: FindKey;
}

/** A file must be there from the start; a service may come up later than the gateway does. */
export async function createKeySet(source: string, { now, logger }: KeySetOptions): Promise<KeySet> {
  const isFile = !/^https?:\/\//i.test(source);
  let keys: Keys | null = null;
  let triedAt = -Infinity;
  let failedAt = -Infinity;
  let reading: Promise<void> | null = null;
  /** Names of the keys that can't be used, as they were last said in the log. */
  let unusable: ReadonlySet<unknown> = new Set();
  let reportedCount = 0;

  async function read(): Promise<void> {
    triedAt = now();
    const { keys: all } = await readJwks(source, isFile);
    const listed = all.slice(0, MAX_KEYS);
    const verdicts = await Promise.all(listed.map(isUsable));
    const find = createLocalJWKSet({ keys: listed.filter((_, index) => verdicts[index]) });
    keys = { readAt: triedAt, find };
    if (all.length > MAX_KEYS && all.length !== reportedCount) {
      logger.warn(
        { keys: all.length },
        `the tokens' issuer lists more keys than the ${MAX_KEYS} that are taken (AUTH_JWKS)`,
      );
    }
    reportedCount = all.length;
    report(new Set(listed.filter((_, index) => !verdicts[index]).map(({ kid }) => kid)));
  }

  function report(kids: ReadonlySet<unknown>): void {
    for (const kid of kids.difference(unusable)) {
      logger.warn(
        { kid },
        "a key of the tokens' issuer is left out: it is malformed, private or too short (AUTH_JWKS)",
      );
    }
    unusable = kids;
  }

  /** Single flight. A failure is logged; the caller finds the keys unchanged. */
  const readAgain = (): Promise<void> =>
    (reading ??= read()
      .catch((error: unknown) => {
        failedAt = now();
        const reason = error instanceof Error ? error.message : String(error);
        logger.warn({ reason }, "the keys of the tokens' issuer could not be read (AUTH_JWKS)");
      })
      .finally(() => {
        reading = null;
      }));

  async function current(): Promise<Keys> {
    const age = keys ? now() - keys.readAt : Infinity;
    if (age >= MAX_AGE_MS) {
      const mayTry = now() >= triedAt + (keys ? MIN_INTERVAL_MS : RETRY_MS);
      const again = mayTry ? readAgain() : reading;
      const mayGoOn = age < STALE_MS && now() < failedAt + FAILING_MS;
      if (!mayGoOn) await again;
    }
    if (keys && now() - keys.readAt < STALE_MS) return keys;
    throw unavailable();
  }

  if (isFile) await read();
  return async (verify) => {
    const { find } = await current();
    try {
      return await verify(find);
    } catch (error) {
      if (!mayLackKey(error)) throw error;
      // Another token may have asked for the same new key just now.
      const mayRead = reading !== null || now() >= triedAt + MIN_INTERVAL_MS;
      if (mayRead) await readAgain();
      const latest = await current();
      // The issuer may list it by now.
      if (failedAt > latest.readAt) throw unavailable();
      if (latest.find === find) throw error;
      return verify(latest.find);
    }
  };
}

const mayLackKey = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;

const unavailable = (): GatewayError =>
  new GatewayError(
    'IDENTITY_UNAVAILABLE',
    "tokens can't be checked at the moment: the issuer's keys could not be read; try again later",
  );
