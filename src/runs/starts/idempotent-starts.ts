/**
 * Starts with an idempotency key. For KEY_LIFETIME_MS after its first answer, a key starts nothing more. Keys in use
 * are never evicted, since a run would start twice: if there is no room, a new key is refused. A fleet shares its keys.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/types.ts';
import type { StartedRun } from '../../upstream/contract.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { startedNothing } from '../../upstream/unknown-outcome.ts';
import type { IdempotentStarts } from '../ports.ts';

interface Start {
  readonly owner: string;
  /** Hash of the workflow and the inputs. */
  readonly fingerprint: string;
  readonly outcome: Promise<StartedRun>;
  /** End of the key, in ms since 1970. Infinity while the start is in progress. */
  readonly untilMs: number;
  readonly bytes: number;
}

export const KEY_LIFETIME_MS = 600_000;
const MAX_BYTES = 8 * 2 ** 20;
/** An eighth, so that a few owners cannot use all of the memory. */
const MAX_BYTES_OF_OWNER = MAX_BYTES / 8;
/** Measured: two hashes, a promise with its result, and slots in maps. Texts of the upstream are added. */
const OVERHEAD_BYTES = 1200;

/** `now`: current time, in ms since 1970. */
export function createIdempotentStarts(now: () => number): IdempotentStarts {
  /** In order of their ends, except starts in progress and those of other gateways, which end earlier. */
  const starts = new Map<string, Start>();
  const bytesOfOwners = new Map<string, number>();
  let totalBytes = 0;

  function put(id: string, start: Start): void {
    remove(id);
    starts.set(id, start);
    account(start.owner, start.bytes);
  }

  function remove(id: string): void {
    const start = starts.get(id);
    if (!start) return;
    starts.delete(id);
    account(start.owner, -start.bytes);
  }

  function account(owner: string, bytes: number): void {
    totalBytes += bytes;
    const ofOwner = (bytesOfOwners.get(owner) ?? 0) + bytes;
    if (ofOwner > 0) bytesOfOwners.set(owner, ofOwner);
    else bytesOfOwners.delete(owner);
  }

  function removeExpired(): void {
    for (const [id, { untilMs }] of starts) {
      if (untilMs === Infinity) continue;
      if (now() < untilMs) return;
      remove(id);
    }
  }

  function checkRoom(owner: string): void {
    const ofOwner = bytesOfOwners.get(owner) ?? 0;
    const isOwnerFull = ofOwner + OVERHEAD_BYTES > MAX_BYTES_OF_OWNER;
    if (!isOwnerFull && totalBytes + OVERHEAD_BYTES <= MAX_BYTES) return;
    const untilMs = starts
      .values()
      .find((start) => start.untilMs !== Infinity && (!isOwnerFull || start.owner === owner))?.untilMs;
    const seconds = Math.max(1, Math.ceil(((untilMs ?? 0) - now()) / 1000));
    throw new GatewayError(
      'RATE_LIMITED',
      `idempotencyKey: limit of keys of the last 10 minutes reached by ${isOwnerFull ? 'this caller' : 'all callers'}. ` +
        `No run was started. Try again in ${seconds} s, or start without a key.`,
      { retryAfterSeconds: seconds },
    );
  }

  return {
    async once({ viewerId, owner, key, workflowId, inputs }, send) {
      removeExpired();
      // A hash, since a key from a query would keep the whole query text in memory.
      const id = hash('sha256', JSON.stringify([viewerId, owner, key]), 'base64url');
      const fingerprint = fingerprintOf(workflowId, inputs);
      const known = starts.get(id);
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
      const start: Start = { owner, fingerprint, outcome, untilMs: Infinity, bytes: OVERHEAD_BYTES };
      put(id, start);
      try {
        const { runId, message } = await outcome;
        const bytes = OVERHEAD_BYTES + 2 * (runId.length + (message?.length ?? 0));
        put(id, { ...start, untilMs: end(), bytes });
      } catch (error) {
        if (startedNothing(error)) remove(id);
        else put(id, { ...start, untilMs: end() });
      }
      return outcome;
    },
  };
}

export const fingerprintOf = (workflowId: string, inputs: JsonObject): string =>
  hash('sha256', canonicalJson([workflowId, inputs]), 'base64url');

export const usedForAnother = (): GatewayError =>
  new GatewayError(
    'BAD_USER_INPUT',
    'idempotencyKey must be new, got one used in the last 10 minutes for another workflow or other inputs. Send a new key.',
  );
