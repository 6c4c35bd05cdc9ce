/** The variables of a fleet: where its Valkey is, and what only its gateways know. */
import { z } from 'zod';
import { readUrl } from './url.ts';

export interface FleetConfig {
  readonly redisUrl: string;
  /** At least one. The first seals, all open. */
  readonly secrets: readonly string[];
  readonly sharedTtlMs: number;
  /** The deadline of each command. */
  readonly redisTimeoutMs: number;
}

export const MIN_SECRET_BYTES = 32;

/** `/` and a database, or nothing. */
const DATABASE_PATH = /^\/?\d{0,5}$/;

const isRedisUrl = (text: string): boolean => {
  const url = readUrl(text.trim());
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return false;
  return DATABASE_PATH.test(url.pathname) && url.search === '' && url.hash === '';
};

const wholeNumber = (min: number, max: number, unit: string) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .describe(`a whole number of ${unit} from ${min} to ${max}`);

export const FLEET_VARIABLES = {
  REDIS_URL: z
    .string()
    .refine(isRedisUrl)
    .transform((text) => text.trim())
    .describe('a redis or rediss URL such as rediss://user:password@valkey.example:6379/0, with % in a password as %25')
    .optional(),
  FLEET_SECRET: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.string().refine((secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES)))
    .describe(
      `a secret of at least ${MIN_SECRET_BYTES} bytes, or several separated by commas: the first seals, all open`,
    )
    .optional(),
  SHARED_TTL_S: wholeNumber(1, 31_536_000, 'seconds').default(604_800),
  REDIS_TIMEOUT_MS: wholeNumber(1, 10_000, 'milliseconds').default(50),
};

/** Values that no message may repeat. */
export const SECRET_FLEET_VARIABLES = ['REDIS_URL', 'FLEET_SECRET'];

type FleetVariables = z.infer<z.ZodObject<typeof FLEET_VARIABLES>>;

/** The config, null for a single gateway, or a sentence that says what does not go together. */
export function readFleet(variables: FleetVariables): FleetConfig | null | string {
  const { REDIS_URL: redisUrl, FLEET_SECRET: secrets, SHARED_TTL_S, REDIS_TIMEOUT_MS } = variables;
  if (redisUrl === undefined) {
    return secrets === undefined
      ? null
      : 'FLEET_SECRET: it means nothing without REDIS_URL. Set that, or leave FLEET_SECRET unset.';
  }
  if (secrets === undefined) {
    return (
      `FLEET_SECRET: expected a secret of at least ${MIN_SECRET_BYTES} bytes that all gateways of the fleet share, since ` +
      'REDIS_URL is set; it is not set. What is shared is encrypted with it.'
    );
  }
  return Object.freeze({ redisUrl, secrets, sharedTtlMs: SHARED_TTL_S * 1000, redisTimeoutMs: REDIS_TIMEOUT_MS });
}
