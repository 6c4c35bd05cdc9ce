/** The variables of a fleet: where its Valkey is, and what only its gateways know. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { SECRET, wholeNumber, words } from './forms.ts';
import { readUrl } from './url.ts';

export interface FleetConfig {
  readonly redisUrl: string;
  /** At least one. The first seals, all open. */
  readonly secrets: readonly string[];
  readonly sharedTtlMs: number;
  /** The deadline of each command. */
  readonly redisTimeoutMs: number;
}

const MIN_SECRET_BYTES = 32;

/** `/` and a database, or nothing. */
const DATABASE_PATH = /^\/?\d{0,5}$/;

const isRedisUrl = (text: string): boolean => {
  const url = readUrl(text);
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return false;
  return DATABASE_PATH.test(url.pathname) && url.search === '' && url.hash === '';
};

export const FLEET_VARIABLES = {
  REDIS_URL: z
    .string()
    .refine(isRedisUrl)
    .describe('a redis or rediss URL such as rediss://user:password@valkey.example:6379/0, with % in a password as %25')
    .meta(SECRET)
    .optional(),
  FLEET_SECRET: words
    .pipe(z.array(z.string().refine((secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES)))
    .describe(
      `a secret of at least ${MIN_SECRET_BYTES} bytes, or several separated by commas: the first seals, all open`,
    )
    .meta(SECRET)
    .optional(),
  SHARED_TTL_S: wholeNumber(1, 31_536_000, 'seconds').default(604_800),
  REDIS_TIMEOUT_MS: wholeNumber(1, 10_000, 'milliseconds').default(50),
};

type FleetVariables = z.infer<z.ZodObject<typeof FLEET_VARIABLES>>;

/** Null for a single gateway. Throws ConfigError for what does not go together. */
export function readFleet(variables: FleetVariables): FleetConfig | null {
  const { REDIS_URL: redisUrl, FLEET_SECRET: secrets, SHARED_TTL_S, REDIS_TIMEOUT_MS } = variables;
  if (redisUrl === undefined) {
    if (secrets === undefined) return null;
    throw new ConfigError('FLEET_SECRET: it means nothing without REDIS_URL. Set that, or leave FLEET_SECRET unset.');
  }
  if (secrets === undefined) {
    throw new ConfigError(
      `FLEET_SECRET: expected a secret of at least ${MIN_SECRET_BYTES} bytes that all gateways of the fleet share, since ` +
        'REDIS_URL is set; it is not set. What is shared is encrypted with it.',
    );
  }
  return Object.freeze({ redisUrl, secrets, sharedTtlMs: SHARED_TTL_S * 1000, redisTimeoutMs: REDIS_TIMEOUT_MS });
}
