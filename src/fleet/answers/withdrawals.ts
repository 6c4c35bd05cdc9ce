/**
 * Rights that the upstream has withdrawn, told to all gateways. Where Valkey does not take it the withdrawal is kept until it has been
 * written and told: before that nothing of the viewer is read from it.
 */
import { LRUCache } from 'lru-cache';
import type { After } from '../../runs/timer.ts';
import type { Fleet } from '../fleet.ts';
import { createRetries } from '../retries.ts';
import { withdrawEpoch } from './epochs.ts';

export interface Withdrawals {
  /** `drop` evicts all of a viewer. To be called once. */
  readonly listen: (drop: (viewerId: string) => void) => void;
  /** `ids`: the viewer's, one for each secret. */
  withdraw(viewerId: string, withdrawal: Withdrawal): void;
  /** False as long as a withdrawal could not be written. */
  areWritten(viewerId: string): Promise<boolean>;
  close(): void;
}

export interface Withdrawal {
  /** The viewer's ids, one for each secret. */
  readonly ids: readonly string[];
  /** The names of its epochs. */
  readonly epochs: readonly string[];
  /** Whether a call of the viewer had succeeded here. */
  readonly hadRight: boolean;
}

interface Pending extends Withdrawal {
  /** Also where an earlier denial knew of the right, or Valkey did: it is forgotten here and there before all have been told. */
  hadRight: boolean;
  /** So many are written at once. */
  denials: number;
  /** The attempt under way. */
  attempt: Promise<boolean> | null;
}

export interface WithdrawalsOptions {
  readonly fleet: Pick<Fleet, 'valkey' | 'announcements'>;
  /** How long a withdrawal is remembered in Valkey. */
  readonly ttlMs: number;
  readonly after: After;
}

const PURPOSE = 'withdrawn';
/** Ids, separated by blanks. */
const PAYLOAD = /^[\w-]{43}(?: [\w-]{43}){0,9}$/;
/** Each takes less than 1 KB. */
const MAX_PENDING = 10_000;

export function createWithdrawals({ fleet, ttlMs, after }: WithdrawalsOptions): Withdrawals {
  const { valkey, announcements } = fleet;
  const ofRights = new LRUCache<string, Pending>({ max: MAX_PENDING });
  /** Of viewers of whom no right is known here. Anybody can make up keys: those are the first to be forgotten. */
  const ofOthers = new LRUCache<string, Pending>({ max: MAX_PENDING });
  let stop = (): void => undefined;
  const retries = createRetries({
    valkey,
    after,
    *unwritten() {
      yield* ofRights.entries();
      yield* ofOthers.entries();
    },
    write: ([viewerId, withdrawal]) => write(viewerId, withdrawal),
  });

  const find = (viewerId: string): Pending | undefined => ofRights.peek(viewerId) ?? ofOthers.peek(viewerId);

  function keep(viewerId: string, withdrawal: Pending): void {
    forget(viewerId);
    (withdrawal.hadRight ? ofRights : ofOthers).set(viewerId, withdrawal);
    if (ofRights.size + ofOthers.size > MAX_PENDING) ofOthers.pop();
  }

  function forget(viewerId: string): void {
    ofRights.delete(viewerId);
    ofOthers.delete(viewerId);
  }

  /** Single flight. */
  const write = (viewerId: string, withdrawal: Pending): Promise<boolean> =>
    (withdrawal.attempt ??= attempt(viewerId, withdrawal).finally(() => {
      withdrawal.attempt = null;
    }));

  /** Resolves with true if it is written and told. */
  async function attempt(viewerId: string, withdrawal: Pending): Promise<boolean> {
    const { ids, epochs, hadRight, denials } = withdrawal;
    const written = await Promise.all(
      epochs.map((name) => valkey.run('WITHDRAW', (redis) => withdrawEpoch(redis, name, ttlMs, hadRight))),
    );
    withdrawal.hadRight ||= written.includes(true);
    const isNews = hadRight || written.includes(true);
    const isDone = !written.includes(undefined) && (!isNews || (await announcements.announce(PURPOSE, ids.join(' '))));
    if (!isDone) {
      retries.begin();
      return false;
    }
    // Since the attempt began a call may have succeeded, and another may have been denied.
    if (withdrawal.denials !== denials) return attempt(viewerId, withdrawal);
    if (find(viewerId) === withdrawal) forget(viewerId);
    return true;
  }

  return {
    listen(drop) {
      stop = announcements.listen(PURPOSE, (payload) => {
        if (PAYLOAD.test(payload)) payload.split(' ').forEach(drop);
      });
    },
    withdraw(viewerId, withdrawal) {
      const latest = find(viewerId) ?? { ...withdrawal, denials: 0, attempt: null };
      latest.hadRight ||= withdrawal.hadRight;
      latest.denials += 1;
      keep(viewerId, latest);
      void write(viewerId, latest);
    },
    async areWritten(viewerId) {
      const withdrawal = find(viewerId);
      if (withdrawal) await write(viewerId, withdrawal);
      return find(viewerId) === undefined;
    },
    close() {
      stop();
      retries.close();
    },
  };
}
