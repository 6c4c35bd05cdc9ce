/** Answers and epochs in Valkey: reads both in one command, and writes them sealed. Times are converted here, and only here. */
import type { Fleet } from '../../fleet/fleet.ts';
import { readVersioned, storeNewest } from '../../fleet/versioned-values.ts';
import type { Snapshot } from '../snapshot.ts';
import { readEpoch, renewEpoch } from './epochs.ts';
import type { Names } from './names.ts';
import { readAnswer, writeAnswer, type StoredAnswer } from './stored-answer.ts';

export interface SharedAnswers {
  /** Null where Valkey does not say. */
  read(names: Names): Promise<SharedState | null>;
  /** A call of the viewer that was sent then has succeeded. Resolves with the epoch's token; null if the right is withdrawn. */
  renew(names: Names, sentAt: number): Promise<string | null>;
  /** Infinity: it is final. `epoch` is the token. */
  store(names: Names, answer: NewAnswer, sharedMs: number): Promise<boolean>;
}

export interface SharedState {
  /** When the right was last withdrawn, in Valkey's time; 0: not lately. */
  readonly withdrawnMs: number;
  /** When the last successful call since then was sent, in this gateway's time; null: none was. */
  readonly successAt: number | null;
  /** The token of the epoch that new answers belong to; null: there is none yet. */
  readonly epoch: string | null;
  /** Opens the answer of the viewer's epoch, in this gateway's time. Null: there is none. */
  answer(): Promise<StoredAnswer | null>;
}

export interface NewAnswer extends Pick<Snapshot<unknown>, 'sentAt' | 'fetchedAt'> {
  readonly epoch: string;
  /** Null: the upstream has nothing by this id. */
  readonly body: Buffer | null;
}

/** The line before an answer's bytes is shorter. */
const MAX_HEAD_BYTES = 1024;

/** `now`: milliseconds since 1970. */
export function createSharedAnswers(fleet: Fleet, maxBytes: number, now: () => number): SharedAnswers {
  const { valkey, keys, clock, metrics, sharedTtlMs } = fleet;

  async function open(index: number, { identity, values }: Names, stored: Buffer | null): Promise<StoredAnswer | null> {
    const versioned = readVersioned(stored);
    if (!versioned) return null;
    const opened = await keys[index]?.open(identity, values[index] ?? '', versioned.bytes, maxBytes + MAX_HEAD_BYTES);
    const answer = opened ? readAnswer(opened) : null;
    if (!answer) metrics.sharedRead('unreadable');
    return answer;
  }

  /** Valkey's clock was ahead when that was written: another server was asked. */
  const isToCome = (fleetMs: number): boolean => fleetMs > clock.toFleet(now()) + clock.uncertaintyMs;

  const inLocalTime = (answer: StoredAnswer): StoredAnswer => ({
    ...answer,
    sentAt: clock.toLocal(answer.sentAt),
    fetchedAt: clock.toLocal(answer.fetchedAt),
    uncertaintyMs: answer.uncertaintyMs + clock.uncertaintyMs,
  });

  return {
    async read(names) {
      const { epochs, values } = names;
      const replies = await valkey.run('READ', (redis) => redis.mgetBuffer(...epochs, ...values));
      if (!replies) return null;
      const known = epochs.map((_name, index) => readEpoch(replies[index] ?? null));
      const latest = (times: readonly number[]) => Math.max(0, ...times);
      const withdrawnMs = latest(known.map((epoch) => epoch?.sinceMs ?? 0));
      const successMs = latest(known.map((epoch) => epoch?.lastSuccessMs ?? 0));
      return {
        withdrawnMs,
        successAt: successMs > withdrawnMs && !isToCome(successMs) ? clock.toLocal(successMs) : null,
        epoch: known[0]?.token ?? null,
        async answer() {
          for (const [index, epoch] of known.entries()) {
            const answer = await open(index, names, replies[epochs.length + index] ?? null);
            // A gateway with one secret of two ends the epoch of that secret alone.
            if (answer && answer.epoch === epoch?.token && answer.sentAt >= withdrawnMs) return inLocalTime(answer);
          }
          return null;
        },
      };
    },

    async renew({ epochs: [name] }, sentAt) {
      const sentMs = clock.toFleet(sentAt);
      return (await valkey.run('RENEW', (redis) => renewEpoch(redis, name, sentMs, sharedTtlMs))) ?? null;
    },

    async store({ identity, values: [name] }, { epoch, body, ...cached }, sharedMs) {
      const [sentAt, fetchedAt] = [clock.toFleet(cached.sentAt), clock.toFleet(cached.fetchedAt)];
      const { uncertaintyMs } = clock;
      const head = { epoch, sentAt, fetchedAt, uncertaintyMs, isFinal: sharedMs === Infinity };
      const sealed = await keys[0].seal(identity, name, writeAnswer(head, body));
      const expiresAt = fetchedAt + Math.min(sharedMs, sharedTtlMs);
      const value = { version: sentAt, bytes: sealed };
      return (await valkey.run('STORE', (redis) => storeNewest(redis, name, value, expiresAt))) ?? false;
    },
  };
}
