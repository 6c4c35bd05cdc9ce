/**
 * The public keys of the tokens' issuer. They are read again when a token names an unknown key, since issuers rotate keys;
 * but at most twice a minute, since anybody can make up a key's name.
 */
import { createLocalJWKSet, errors, type CryptoKey, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose';
import type { Logger } from '../observability/logger.ts';
import { GatewayError } from '../upstream/errors.ts';
import { readJwks } from './jwks.ts';
import { isUsable } from './usable-keys.ts';

/** For `jwtVerify`. Rejects with IDENTITY_UNAVAILABLE where no keys could be read, or a key may be newer than those that are known. */
export type KeySet = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

export interface KeySetOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

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
  readonly find: ReturnType<typeof createLocalJWKSet>;
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

  async function read(): Promise<void> {
    triedAt = now();
    const { keys: listed } = await readJwks(source, isFile);
    const verdicts = await Promise.all(listed.map(isUsable));
    const find = createLocalJWKSet({ keys: listed.filter((_, index) => verdicts[index]) });
    keys = { readAt: triedAt, find };
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
  return async (header, token) => {
    const { find } = await current();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // Another token may have asked for the same new key just now.
      const mayRead = reading !== null || now() >= triedAt + MIN_INTERVAL_MS;
      if (mayRead) await readAgain();
      const latest = await current();
      // The issuer may list it by now.
      if (failedAt > latest.readAt) throw unavailable();
      return latest.find(header, token);
    }
  };
}

const unavailable = (): GatewayError =>
  new GatewayError(
    'IDENTITY_UNAVAILABLE',
    "tokens can't be checked at the moment: the issuer's keys could not be read; try again later",
  );
