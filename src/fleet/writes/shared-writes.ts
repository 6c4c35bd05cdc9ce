/**
 * Writes with an idempotency key in a fleet: one gateway sends, and all return its outcome. If the key can't be claimed
 * in Valkey, nothing is sent: an error is better than a second run.
 */
import type { Change, KeyedWrite, Send, SharedWrites } from '../../runs/ports.ts';
import { identityOf, type Viewer } from '../../auth/viewer.ts';
import { createIdempotentWrites, KEY_LIFETIME_MS, usedForAnother } from '../../runs/writes/idempotent-writes.ts';
import type { RunRef, Written } from '../../upstream/client.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { refKey } from '../../upstream/ids.ts';
import { createAwaitedCalls } from '../awaited-calls.ts';
import type { Fleet } from '../fleet.ts';
import { createViewerNews } from '../viewer-news.ts';
import { createClaims, type Claim } from './claims.ts';
import { errorOf, notReported, recordOf, type WriteRecord } from './write-record.ts';

/** A write may wait before it is sent, and its outcome takes time to arrive here. */
const MARGIN_MS = 1000;
/** Interval of reads while another gateway sends, because announcements may be lost. */
const RECHECK_MS = 1000;

export function createSharedWrites(fleet: Fleet, upstreamTimeoutMs: number): SharedWrites & { close(): void } {
  const { now, valkey, keys, source } = fleet;
  /** Shares calls within this process, and keeps outcomes while Valkey is down. */
  const ownWrites = createIdempotentWrites(now);
  const maxWaitMs = upstreamTimeoutMs + MARGIN_MS;
  const calls = createAwaitedCalls(fleet, 'start');
  const claims = createClaims(fleet, maxWaitMs);
  const news = createViewerNews(fleet, 'started');
  // Disconnecting doesn't undo a write: each request waits for the end, like the one that sent it.
  const { signal: never } = new AbortController();

  /** `keepUntil` ensures that another gateway's outcome is cached here no longer than there. */
  async function once(write: KeyedWrite, send: Send, keepUntil: (untilMs: number) => void): Promise<Written> {
    const { fingerprint, endpoint } = write;
    const claim = claims.of(write);
    const givesUpAt = now() + maxWaitMs;
    for (;;) {
      const expected = calls.expect(claim.name);
      try {
        const found = await claim.take({ state: 'underWay', fingerprint });
        if (found === undefined) throw unavailable();
        if (found === null) return await sendAndAnnounce(claim, write, () => send(keepUntil));
        const { record, leftMs } = found;
        if (record !== 'unreadable' && record.fingerprint !== fingerprint) throw usedForAnother();
        if (record !== 'unreadable' && record.state !== 'underWay') {
          keepUntil(now() + Math.min(leftMs, KEY_LIFETIME_MS));
          return answerOf(record);
        }
        const waitMs = record === 'unreadable' ? 0 : Math.min(givesUpAt - now(), leftMs - KEY_LIFETIME_MS);
        if (waitMs <= 0) {
          // The other gateway may still report the outcome, so this error isn't cached.
          keepUntil(0);
          throw notReported(endpoint);
        }
        await expected.outcome(Math.min(RECHECK_MS, waitMs), never);
      } finally {
        expected.end();
      }
    }
  }

  async function sendAndAnnounce(claim: Claim, write: KeyedWrite, send: () => Promise<Written>): Promise<Written> {
    const sent = send();
    const [outcome] = await Promise.allSettled([sent]);
    const record = recordOf(outcome, write);
    // A repeat at another gateway must get the same response. Waits at most for Valkey's timeout, and ignores a
    // failure.
    await claim.settle(record).catch(() => undefined);
    void calls.announce(claim.name, 'again');
    return sent;
  }

  /** Names of a started run in Valkey, which have no value. */
  const startedNames = (viewer: Viewer, ref: RunRef) => keys.names('started', source, identityOf(viewer), refKey(ref));

  return {
    once: (write, send) => ownWrites.once(write, (keepUntil) => once(write, send, keepUntil)),
    async add(viewer, ref, ms) {
      const [name] = startedNames(viewer, ref);
      await valkey.run('STORE', (redis) => redis.set(name.text, '', 'PX', ms));
    },
    async has(viewer, ref) {
      const names = startedNames(viewer, ref).map(({ text }) => text);
      const found = await valkey.run('READ', (redis) => redis.mget(names));
      return found?.some((value) => value !== null) ?? false;
    },
    async announce(viewer, { workflowId, runId }) {
      await news.announce(identityOf(viewer), runId === null ? workflowId : refKey({ workflowId, runId }));
    },
    onChanged(hear) {
      news.listen((viewerId, text) => {
        if (text !== null) hear(viewerId, changeIn(text));
      });
    },
    close() {
      claims.close();
    },
  };
}

/** Ids never contain a line break. */
function changeIn(text: string): Change {
  const [workflowId = '', runId = null] = text.split('\n');
  return { workflowId, runId };
}

function answerOf(record: Exclude<WriteRecord, { state: 'underWay' }>): Written {
  if (record.state === 'unknown') throw errorOf(record);
  return { runId: record.runId, message: record.message };
}

const unavailable = (): GatewayError =>
  new GatewayError(
    'IDEMPOTENCY_UNAVAILABLE',
    'idempotencyKey cannot be claimed, because Valkey is unavailable or full. Nothing was sent. ' +
      'Try again with the same key. A first attempt may be sent without a key.',
    { wasNotSent: true },
  );
