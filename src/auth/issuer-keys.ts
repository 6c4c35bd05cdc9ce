/** The public keys of the token issuer, from a URL or a file. jose caches them and decides when to read them again. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createRemoteJWKSet, customFetch, jwksCache } from 'jose';
import type { FetchImplementation, JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { ConfigError } from '../config/config.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { IdentificationOptions } from './verified-callers.ts';

/** Pause after a failure: an issuer that hangs takes 5 s, and not every token should wait that long. */
const PAUSE_MS = 10_000;

const KEY_SET = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

type Options = Pick<IdentificationOptions, 'now' | 'logger'>;

/**
 * The result rejects with IDENTITY_UNAVAILABLE if there are no keys. Throws ConfigError if a file can't be read; a URL
 * may become available later.
 */
export async function createIssuerKeys(source: string, { now, logger }: Options): Promise<JWTVerifyGetKey> {
  const isFile = !/^https?:\/\//i.test(source);
  let failedAt = -Infinity;

  const readOrPause: FetchImplementation = async (url, init) => {
    if (now() < failedAt + PAUSE_MS) throw unavailable();
    try {
      return Response.json(await keySetOf(() => (isFile ? openFile(source) : fetch(url, init))));
    } catch (error) {
      failedAt = now();
      logger.warn({ reason: (error as ConfigError).message }, 'the keys of the token issuer could not be read');
      throw unavailable();
    }
  };

  return createRemoteJWKSet(isFile ? pathToFileURL(source) : new URL(source), {
    [customFetch]: readOrPause,
    ...(isFile && { [jwksCache]: { jwks: await keySetOf(() => openFile(source)), uat: Date.now() } }),
  });
}

const openFile = async (path: string): Promise<Response> => new Response(await readFile(path));

/** The message never quotes the response or the URL. */
const wrong = (got: string): ConfigError =>
  new ConfigError(`AUTH_JWKS must be the URL or file of a JSON Web Key Set, got ${got}`);

async function keySetOf(open: () => Promise<Response>): Promise<JSONWebKeySet> {
  try {
    const answer = await open();
    if (answer.status !== 200) throw wrong(`HTTP ${answer.status}`);
    return KEY_SET.parse(await answer.json());
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw wrong('other content');
    const { cause = error, name } = error as Error;
    const { code } = cause as { readonly code?: unknown };
    throw wrong(typeof code === 'string' ? code : name);
  }
}

const unavailable = (): GatewayError =>
  new GatewayError('IDENTITY_UNAVAILABLE', "The issuer's keys can't be loaded. Try again later.");
