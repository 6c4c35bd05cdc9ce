/** Values of which Valkey keeps the newest: a writer that was paused can't overwrite what came after it. */
import type { Redis } from 'ioredis';
import { STORE_NEWEST } from './scripts.ts';

export interface VersionedValue {
  /** The time that the value is of: Valkey's, in whole milliseconds since 1970. */
  readonly version: number;
  readonly bytes: Buffer;
}

const VERSION_DIGITS = 16;

const versionText = (version: number): string => String(version).padStart(VERSION_DIGITS, '0');

/** `expiresAtMs` in Valkey's time. Resolves with false where a newer version is there. */
export async function storeNewest(
  redis: Redis,
  name: string,
  { version, bytes }: VersionedValue,
  expiresAtMs: number,
): Promise<boolean> {
  return (await redis.eval(STORE_NEWEST, 1, name, versionText(version), bytes, expiresAtMs)) === 1;
}

/** Null for nothing, and for what `storeNewest` has not written. */
export function readVersioned(stored: Buffer | null): VersionedValue | null {
  const digits = stored?.subarray(0, VERSION_DIGITS).toString('latin1') ?? '';
  if (!stored || !/^\d{16}$/.test(digits)) return null;
  return { version: Number(digits), bytes: stored.subarray(VERSION_DIGITS) };
}
