/** Fleet settings: Valkey, and the secrets that the gateways share. */
import { z } from 'zod';
import { listOf, optional, readBy, readUrl, SECRET, wholeNumber } from './forms.ts';

const MIN_SECRET_BYTES = 32;

/** `/` and a database number, or nothing. */
const DATABASE_PATH = /^\/?\d{0,5}$/;

function readRedisUrl(text: string): string | null {
  const url = readUrl(text, /^rediss?:\/\//i, ['search', 'hash']);
  return url && url.hostname !== '' && DATABASE_PATH.test(url.pathname) ? text : null;
}

export const FLEET = {
  redisUrl: optional(readBy(readRedisUrl, 'a redis or rediss URL, with % in a password as %25').meta(SECRET)).describe(
    'Valkey 8 or Redis 7.2, such as `rediss://user:password@valkey.example:6379/0`. Needs `FLEET_SECRET`.',
  ),
  fleetSecret: optional(
    listOf(
      z.string().refine((secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES),
      `secrets of at least ${MIN_SECRET_BYTES} bytes`,
    ).meta(SECRET),
  ).describe(
    'Secrets that all gateways share, for example from `openssl rand -base64 48`. The first encrypts, all decrypt.',
  ),
  sharedTtlS: wholeNumber(1, 31_536_000, 'seconds').default(604_800).describe('How long final runs are shared.'),
  redisTimeoutMs: wholeNumber(1, 10_000, 'milliseconds')
    .default(50)
    .describe('Timeout of one command. After that, the gateway works alone until Valkey responds.'),
};

/** Returns null for a single gateway. */
export function fleetOf(settings: z.output<z.ZodObject<typeof FLEET>>, fail: (sentence: string) => never) {
  const { redisUrl, fleetSecret: secrets, sharedTtlS, redisTimeoutMs } = settings;
  if (redisUrl === null && secrets === null) return null;
  if (redisUrl === null) return fail('{redisUrl} is required when {fleetSecret} is set.');
  if (secrets === null) return fail('{fleetSecret} is required when {redisUrl} is set: it encrypts shared data.');
  return Object.freeze({ redisUrl, secrets, sharedTtlMs: sharedTtlS * 1000, redisTimeoutMs });
}
