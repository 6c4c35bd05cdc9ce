/**
 * Rights that the upstream has withdrawn, told to all gateways. Where Valkey is away the withdrawal is kept until it is back: before
 * that nothing of the viewer is read from it.
 */
import { LRUCache } from 'lru-cache';
import type { Fleet } from '../../fleet/fleet.ts';
import { withdrawEpoch } from './epochs.ts';

export interface Withdrawals {
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

export interface WithdrawalsOptions {
  readonly fleet: Pick<Fleet, 'valkey' | 'announcements'>;
  /** How long a withdrawal is remembered in Valkey. */
  readonly ttlMs: number;
  /** Evicts all of a viewer. */
  readonly drop: (viewerId: string) => void;
}

const PURPOSE = 'withdrawn';
/** Ids, separated by blanks. */
const PAYLOAD = /^[\w-]{43}(?: [\w-]{43}){0,9}$/;
/** Each takes less than 1 KB. */
const MAX_UNWRITTEN = 10_000;

export function createWithdrawals({ fleet, ttlMs, drop }: WithdrawalsOptions): Withdrawals {
  const { valkey, announcements } = fleet;
  const unwritten = new LRUCache<string, Withdrawal>({ max: MAX_UNWRITTEN });
  const stop = announcements.listen(PURPOSE, (payload) => {
    if (PAYLOAD.test(payload)) payload.split(' ').forEach(drop);
  });
  const stopRetrying = valkey.onUp(() => {
    for (const [viewerId, withdrawal] of unwritten) void write(viewerId, withdrawal);
  });

  async function write(viewerId: string, withdrawal: Withdrawal): Promise<void> {
    const { ids, epochs, hadRight } = withdrawal;
    const written = await Promise.all(
      epochs.map((name) => valkey.run('WITHDRAW', (redis) => withdrawEpoch(redis, name, ttlMs, hadRight))),
    );
    if (written.includes(undefined)) return;
    if (unwritten.peek(viewerId) === withdrawal) unwritten.delete(viewerId);
    if (written.includes(true)) await announcements.announce(PURPOSE, ids.join(' '));
  }

  return {
    withdraw(viewerId, withdrawal) {
      unwritten.set(viewerId, withdrawal);
      void write(viewerId, withdrawal);
    },
    async areWritten(viewerId) {
      const withdrawal = unwritten.peek(viewerId);
      if (withdrawal) await write(viewerId, withdrawal);
      return !unwritten.has(viewerId);
    },
    close() {
      stop();
      stopRetrying();
    },
  };
}
