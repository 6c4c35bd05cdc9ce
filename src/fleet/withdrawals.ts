/**
 * Withdrawals of rights: written to Valkey, and announced to the other gateways. Until one is written, this gateway
 * reads nothing under that right from Valkey, where its responses still look valid.
 */
import { LRUCache } from 'lru-cache';
import type { SharedAnswers } from '../runs/ports.ts';
import { identityOf } from '../auth/viewer.ts';
import type { Fleet } from './fleet.ts';
import { newToken, WITHDRAW, WITHDRAWN } from './rights.ts';
import { evaluate } from './valkey.ts';
import { createViewerNews } from './viewer-news.ts';

export interface WithdrawalsOptions {
  readonly fleet: Pick<Fleet, 'valkey' | 'keys' | 'announcements' | 'source' | 'after'>;
  /** Names of a right in Valkey: the viewer's, or the viewer's for a workflow. */
  readonly rightNames: (identity: string, workflowId: string | null) => readonly string[];
  /** How long a withdrawal is stored, in milliseconds. */
  readonly rightMs: number;
}

export interface Withdrawals extends Pick<SharedAnswers, 'withdraw' | 'onWithdrawn'> {
  /** Whether stored responses may be read: this gateway has written all its withdrawals of these rights. */
  areWritten(identity: string, workflowId: string): boolean;
  /** Waits for commands in progress. */
  close(): Promise<void>;
}

interface Withdrawal {
  readonly identity: string;
  readonly workflowId: string | null;
  /** Whether the viewer had the right at this gateway. */
  readonly hadRight: boolean;
}

/**
 * As many as viewers with a right. Keys can be invented, so the oldest go first; REAUTH_INTERVAL_MS then bounds the
 * delay.
 */
const MAX_UNWRITTEN = 20_000;
const RETRY_MS = 1000;

export function createWithdrawals({ fleet, rightNames, rightMs }: WithdrawalsOptions): Withdrawals {
  const { valkey, after } = fleet;
  const news = createViewerNews(fleet, 'withdrawn');
  const unwritten = new LRUCache<string, Withdrawal>({ maxSize: MAX_UNWRITTEN, sizeCalculation: () => 1 });
  /** Bounded by the calls and announcements in progress. */
  const underWay = new Set<Promise<unknown>>();
  /** Cancels the next attempt to write the rest, or null if none is scheduled. */
  let cancelRetry: (() => void) | null = null;
  let isClosed = false;

  const nameOf = ({ identity, workflowId }: Pick<Withdrawal, 'identity' | 'workflowId'>): string =>
    rightNames(identity, workflowId)[0] ?? '';

  function track(work: Promise<unknown>): void {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  /** Returns false if Valkey doesn't accept it. */
  async function write(withdrawal: Withdrawal): Promise<boolean> {
    const { identity, workflowId, hadRight } = withdrawal;
    const values = [`${WITHDRAWN}${newToken()} 0`, rightMs, hadRight ? 1 : 0];
    const names = rightNames(identity, workflowId);
    const isNews = await valkey.run('WITHDRAW', (redis) => evaluate(redis, WITHDRAW, names, values));
    if (isNews === undefined) return false;
    // A later withdrawal of the right may have replaced it meanwhile.
    if (unwritten.peek(nameOf(withdrawal)) === withdrawal) unwritten.delete(nameOf(withdrawal));
    if (isNews === 1) await news.announce(identity, workflowId);
    return true;
  }

  function retryLater(): void {
    if (isClosed) return;
    cancelRetry ??= after(RETRY_MS, () => {
      cancelRetry = null;
      track(writeLeft());
    });
  }

  /** Writes what an outage left unwritten, up to the first failure. */
  async function writeLeft(): Promise<void> {
    for (const withdrawal of unwritten.rvalues()) {
      if (withdrawal && !(await write(withdrawal))) {
        retryLater();
        return;
      }
    }
  }

  return {
    withdraw(viewer, workflowId, hadRight) {
      const withdrawal = { identity: identityOf(viewer), workflowId, hadRight };
      unwritten.set(nameOf(withdrawal), withdrawal);
      track(
        write(withdrawal).then((isWritten) => {
          if (!isWritten) retryLater();
        }),
      );
    },

    areWritten(identity, workflowId) {
      if (unwritten.size === 0) return true;
      return !unwritten.has(nameOf({ identity, workflowId: null })) && !unwritten.has(nameOf({ identity, workflowId }));
    },

    onWithdrawn(drop) {
      news.listen(drop);
    },

    async close() {
      isClosed = true;
      cancelRetry?.();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
