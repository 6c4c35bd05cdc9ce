/**
 * Encrypted answers in Valkey, each read together with the epoch of its viewer. Only this module converts times of answers to
 * Valkey's clock.
 */
import type { SharedState } from '../../runs/ports.ts';
import { identityOf, type Viewer } from '../../runs/viewer.ts';
import type { Fleet } from '../fleet.ts';
import { readEpoch, renewEpoch } from './epochs.ts';
import { readNewest, storeNewest } from './newest.ts';
import { readAnswer, writeAnswer, type EpochAnswer } from './stored-answer.ts';

/** The answer to one resource of one viewer. */
export interface SharedAnswer {
  /** The name of the lease for its call. */
  readonly lease: string;
  /** Null if Valkey does not answer. */
  read(): Promise<KnownState | null>;
  /**
   * Records a successful call of the viewer. Resolves with the epoch's token; null if the right is withdrawn or Valkey does not
   * answer.
   */
  renew(sentAt: number): Promise<string | null>;
  /** `sharedMs` is Infinity for a final answer. */
  store(answer: NewAnswer, sharedMs: number): Promise<boolean>;
}

export interface KnownState extends SharedState {
  /** Token of the epoch for new answers. Null if there is none yet. */
  readonly epoch: string | null;
}

/** Times are of this gateway's clock, in milliseconds since 1970. */
export interface NewAnswer {
  readonly sentAt: number;
  readonly fetchedAt: number;
  /** The epoch's token. */
  readonly epoch: string;
  /** Null: not found upstream. */
  readonly body: Buffer | null;
}

/** Limit of the line before an answer's bytes. */
const MAX_HEAD_BYTES = 1024;

/** `maxBytes`: limit of one answer. */
export function createSharedAnswers(fleet: Fleet, maxBytes: number) {
  const { valkey, keys, clock, metrics, sharedTtlMs, source, now } = fleet;

  /** True for a time in the future: another server, whose clock was ahead, set it. */
  const isToCome = (fleetMs: number): boolean => fleetMs > clock.toFleet(now()) + clock.uncertaintyMs;

  const inLocalTime = (answer: EpochAnswer): EpochAnswer => ({
    ...answer,
    sentAt: clock.toLocal(answer.sentAt),
    fetchedAt: clock.toLocal(answer.fetchedAt),
    uncertaintyMs: answer.uncertaintyMs + clock.uncertaintyMs,
  });

  return (viewer: Viewer, key: string): SharedAnswer => {
    const identity = identityOf(viewer);
    const epochs = keys.names('epoch', source, identity);
    const values = keys.names('answer', source, identity, key);
    const [ownEpoch, ownValue] = [epochs[0], values[0]];

    async function open(index: number, stored: Buffer | null | undefined): Promise<EpochAnswer | null> {
      const sealed = readNewest(stored);
      if (!sealed) return null;
      const opened = await values[index]?.open(identity, sealed, maxBytes + MAX_HEAD_BYTES);
      const answer = opened ? readAnswer(opened) : null;
      if (!answer) metrics.sharedRead('unreadable');
      return answer;
    }

    return {
      lease: keys.names('call', source, identity, key)[0].text,

      async read() {
        const names = [...epochs, ...values].map(({ text }) => text);
        const replies = await valkey.run('READ', (redis) => redis.mgetBuffer(names));
        if (!replies) return null;
        const known = epochs.map((_name, index) => readEpoch(replies[index] ?? null));
        const withdrawnMs = Math.max(0, ...known.map((epoch) => epoch?.sinceMs ?? 0));
        const successMs = Math.max(0, ...known.map((epoch) => epoch?.lastSuccessMs ?? 0));
        const successAt = successMs > withdrawnMs && !isToCome(successMs) ? clock.toLocal(successMs) : null;
        return {
          successAt,
          isWithdrawnSince: (sentAt) => clock.toFleet(sentAt) < withdrawnMs,
          epoch: known[0]?.token ?? null,
          async answer() {
            if (successAt === null) return null;
            for (const [index, epoch] of known.entries()) {
              const answer = await open(index, replies[epochs.length + index]);
              // A gateway with one of two secrets ends only that secret's epoch, so the latest withdrawal counts for both.
              if (answer && answer.epoch === epoch?.token && answer.sentAt >= withdrawnMs) return inLocalTime(answer);
            }
            return null;
          },
        };
      },

      async renew(sentAt) {
        const sentMs = clock.toFleet(sentAt);
        return (await valkey.run('RENEW', (redis) => renewEpoch(redis, ownEpoch.text, sentMs, sharedTtlMs))) ?? null;
      },

      async store({ epoch, body, ...cached }, sharedMs) {
        const [sentAt, fetchedAt] = [clock.toFleet(cached.sentAt), clock.toFleet(cached.fetchedAt)];
        const { uncertaintyMs } = clock;
        const head = { epoch, sentAt, fetchedAt, uncertaintyMs, isFinal: sharedMs === Infinity };
        const bytes = await ownValue.seal(identity, writeAnswer(head, body));
        const value = { bytes, version: sentAt, expiresAt: fetchedAt + Math.min(sharedMs, sharedTtlMs) };
        return (await valkey.run('STORE', (redis) => storeNewest(redis, ownValue.text, value))) ?? false;
      },
    };
  };
}
