/**
 * Rights in Valkey: one per viewer, and one per viewer and workflow. A right has a random token. Responses are stored
 * with the tokens of their rights; a withdrawal replaces the token, so older responses are no longer served.
 */
import { randomBytes } from 'node:crypto';
import { minOf } from '../domain/order.ts';

/** Prefix of tokens created by withdrawals, so that a lost right isn't mistaken for a withdrawn one. */
export const WITHDRAWN = '!';

export const newToken = (): string => randomBytes(16).toString('base64url');

/** A right under one of the secrets. */
interface StoredRight {
  readonly token: string;
  /** Milliseconds since the last successful call was sent, or null. */
  readonly successAgeMs: number | null;
}

/**
 * A right under all secrets of this gateway. While the secret is being changed, another gateway may have only one of
 * them.
 */
export interface SharedRight {
  /** The stored tokens, one per secret, empty for a missing right. */
  readonly tokens: readonly string[];
  /** Token of valid responses, or null if the right is missing or its secrets disagree. */
  readonly valid: string | null;
  /** Token for the next response. */
  readonly next: string;
  /** Token of the latest withdrawal, or null. */
  readonly withdrawal: string | null;
  readonly successAgeMs: number | null;
}

/** `stored` has, for each secret, the value and its time to live in milliseconds. */
export function readRight(stored: readonly (readonly [Buffer | null, number])[]): SharedRight {
  const rights = stored.map(([value, ttlMs]) => readStored(value, ttlMs));
  const known = rights.filter((right) => right !== null);
  const withdrawal = known.find(({ token }) => token.startsWith(WITHDRAWN))?.token ?? null;
  const [first] = known;
  const valid = first && known.every(({ token }) => token === first.token) ? first.token : null;
  const ages = known.flatMap(({ successAgeMs }) => successAgeMs ?? []);
  return {
    tokens: rights.map((right) => right?.token ?? ''),
    valid,
    next: withdrawal ?? valid ?? newToken(),
    withdrawal,
    successAgeMs: valid === null || ages.length === 0 ? null : minOf(ages),
  };
}

/** Returns null for a missing or malformed right. A life of 0 means that no call has succeeded. */
function readStored(value: Buffer | null, ttlMs: number): StoredRight | null {
  const [, token, life] = /^(\S{1,64}) (\d{1,12})$/.exec(value?.toString('latin1') ?? '') ?? [];
  if (token === undefined || ttlMs < 0) return null;
  const lifeMs = Number(life);
  return { token, successAgeMs: lifeMs === 0 ? null : Math.max(0, lifeMs - ttlMs) };
}

/**
 * KEYS: rights. ARGV: value of the withdrawn right, its life (ms), 1 if the viewer had the right here. Returns 1 if other
 * gateways must be informed. Stores nothing for an unknown viewer: keys can be invented.
 */
export const WITHDRAW = `
local isNews = ARGV[3] == '1'
for i = 1, #KEYS do
  local right = redis.call('GET', KEYS[i])
  isNews = isNews or (right and not string.find(right, ' 0$'))
end
if not isNews then return 0 end
for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2]) end
return 1`;
