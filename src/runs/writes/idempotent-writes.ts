/**
 * Writes with an idempotency key. For KEY_LIFETIME_MS after its first response, a key writes nothing more. Keys in use
 * are never evicted, because a run would start twice: when memory is used up, new keys are rejected. A fleet shares its
 * keys.
 */
import { hash } from 'node:crypto';
import type { Written } from '../../upstream/client.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { changedNothing } from '../../upstream/unknown-outcome.ts';
import type { IdempotentWrites } from '../ports.ts';

interface KnownWrite {
  readonly owner: string;
  readonly fingerprint: string;
  readonly outcome: Promise<Written>;
  /** When the key expires, in ms since 1970. Infinity while the write is in progress. */
  readonly untilMs: number;
  readonly bytes: number;
}

export const KEY_LIFETIME_MS = 600_000;
const MAX_BYTES = 8 * 2 ** 20;
/** An eighth, so that a few owners can't use all of the memory. */
const MAX_BYTES_OF_OWNER = MAX_BYTES / 8;
/** Measured: two hashes, a promise with its result, and slots in maps. The upstream's strings are added. */
const OVERHEAD_BYTES = 1200;

/** `now` returns the current time, in ms since 1970. */
export function createIdempotentWrites(now: () => number): IdempotentWrites {
  /** In order of expiry, except writes in progress and those of other gateways, which expire earlier. */
  const writes = new Map<string, KnownWrite>();
  const bytesOfOwners = new Map<string, number>();
  let totalBytes = 0;

  function put(id: string, write: KnownWrite): void {
    remove(id);
    writes.set(id, write);
    account(write.owner, write.bytes);
  }

  function remove(id: string): void {
    const write = writes.get(id);
    if (!write) return;
    writes.delete(id);
    account(write.owner, -write.bytes);
  }

  function account(owner: string, bytes: number): void {
    totalBytes += bytes;
    const ofOwner = (bytesOfOwners.get(owner) ?? 0) + bytes;
    if (ofOwner > 0) bytesOfOwners.set(owner, ofOwner);
    else bytesOfOwners.delete(owner);
  }

  function removeExpired(): void {
    for (const [id, { untilMs }] of writes) {
      if (untilMs === Infinity) continue;
      if (now() < untilMs) return;
      remove(id);
    }
  }

  function checkRoom(owner: string): void {
    const ofOwner = bytesOfOwners.get(owner) ?? 0;
    const isOwnerFull = ofOwner + OVERHEAD_BYTES > MAX_BYTES_OF_OWNER;
    if (!isOwnerFull && totalBytes + OVERHEAD_BYTES <= MAX_BYTES) return;
    const untilMs = writes
      .values()
      .find((write) => write.untilMs !== Infinity && (!isOwnerFull || write.owner === owner))?.untilMs;
    const seconds = Math.max(1, Math.ceil(((untilMs ?? 0) - now()) / 1000));
    throw new GatewayError(
      'RATE_LIMITED',
      `idempotencyKey: too many keys in the last 10 minutes, ${isOwnerFull ? 'from this caller' : 'in total'}. ` +
        `Nothing was sent. Try again in ${seconds} s, or without a key.`,
      { retryAfterSeconds: seconds },
    );
  }

  return {
    async once({ viewerId, owner, key, fingerprint }, send) {
      removeExpired();
      // A hash, because a key from a query would keep the whole query string in memory.
      const id = hash('sha256', JSON.stringify([viewerId, owner, key]), 'base64url');
      const known = writes.get(id);
      if (known && now() < known.untilMs) {
        if (known.fingerprint === fingerprint) return known.outcome;
        throw usedForAnother();
      }
      checkRoom(owner);
      let keptUntilMs: number | null = null;
      const outcome = send((untilMs) => {
        keptUntilMs = untilMs;
      });
      const end = (): number => keptUntilMs ?? now() + KEY_LIFETIME_MS;
      const write: KnownWrite = { owner, fingerprint, outcome, untilMs: Infinity, bytes: OVERHEAD_BYTES };
      put(id, write);
      try {
        const { runId, message } = await outcome;
        const bytes = OVERHEAD_BYTES + 2 * (runId.length + (message?.length ?? 0));
        put(id, { ...write, untilMs: end(), bytes });
      } catch (error) {
        if (changedNothing(error)) remove(id);
        else put(id, { ...write, untilMs: end() });
      }
      return outcome;
    },
  };
}

export const usedForAnother = (): GatewayError =>
  new GatewayError(
    'BAD_USER_INPUT',
    'idempotencyKey must be new, got one used in the last 10 minutes for something else. Send a new key.',
  );
