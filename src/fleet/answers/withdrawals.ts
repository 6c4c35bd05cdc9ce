/**
 * Announces withdrawn rights to all gateways. A withdrawal that Valkey does not accept is pending here: the viewer's data is not
 * read from Valkey until the withdrawal is written and announced.
 */
import type { Fleet } from '../fleet.ts';
import { createRetries } from '../retries.ts';
import { withdrawEpoch } from './epochs.ts';

export interface Withdrawals {
  /** `drop` evicts all data of a viewer. Call it once. */
  readonly listen: (drop: (viewerId: string) => void) => void;
  withdraw(viewerId: string, withdrawal: Withdrawal): void;
  /** False while a withdrawal of the viewer is not written. */
  areWritten(viewerId: string): Promise<boolean>;
  close(): void;
}

export interface Withdrawal {
  /** The viewer's ids, one for each secret. */
  readonly ids: readonly string[];
  /** Names of the viewer's epochs. */
  readonly epochs: readonly string[];
  /** Whether a call of the viewer had succeeded here. */
  readonly hadRight: boolean;
}

interface Pending extends Withdrawal {
  /** Also true if an earlier denial or Valkey recorded the right: a retry finds that record no more. */
  hadRight: boolean;
  /** Number of denials. One attempt writes all of them. */
  denials: number;
  attempt: Promise<boolean> | null;
}

const PURPOSE = 'withdrawn';
/** Viewer ids, separated by blanks. */
const PAYLOAD = /^[\w-]{43}(?: [\w-]{43}){0,9}$/;
/** A withdrawal takes less than 1 KB. */
const MAX_PENDING = 10_000;

/** `ttlMs`: how long a withdrawal is stored in Valkey. */
export function createWithdrawals(
  { valkey, announcements, after }: Pick<Fleet, 'valkey' | 'announcements' | 'after'>,
  ttlMs: number,
): Withdrawals {
  /** By viewer, the latest denial last. */
  const pending = new Map<string, Pending>();
  let stop = (): void => undefined;
  const retries = createRetries({
    valkey,
    after,
    unwritten: () => pending.entries(),
    write: ([viewerId, withdrawal]) => write(viewerId, withdrawal),
  });

  function keep(viewerId: string, withdrawal: Pending): void {
    pending.delete(viewerId);
    pending.set(viewerId, withdrawal);
    if (pending.size <= MAX_PENDING) return;
    // Keys can be invented: withdrawals without a known right are dropped first.
    const madeUp = pending.entries().find(([, { hadRight }]) => !hadRight);
    const [forgotten] = madeUp ?? pending.entries().next().value ?? [viewerId];
    pending.delete(forgotten);
  }

  /** Single flight. */
  const write = (viewerId: string, withdrawal: Pending): Promise<boolean> =>
    (withdrawal.attempt ??= attempt(viewerId, withdrawal).finally(() => {
      withdrawal.attempt = null;
    }));

  /** Resolves with true if it is written and announced. */
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
    // A call may have succeeded, and another been denied, since the attempt began.
    if (withdrawal.denials !== denials) return attempt(viewerId, withdrawal);
    if (pending.get(viewerId) === withdrawal) pending.delete(viewerId);
    return true;
  }

  return {
    listen(drop) {
      stop = announcements.listen(PURPOSE, (payload) => {
        if (PAYLOAD.test(payload)) payload.split(' ').forEach(drop);
      });
    },
    withdraw(viewerId, withdrawal) {
      const latest = pending.get(viewerId) ?? { ...withdrawal, denials: 0, attempt: null };
      latest.hadRight ||= withdrawal.hadRight;
      latest.denials += 1;
      keep(viewerId, latest);
      void write(viewerId, latest);
    },
    async areWritten(viewerId) {
      const withdrawal = pending.get(viewerId);
      if (withdrawal) await write(viewerId, withdrawal);
      return !pending.has(viewerId);
    },
    close() {
      stop();
      retries.close();
    },
  };
}
