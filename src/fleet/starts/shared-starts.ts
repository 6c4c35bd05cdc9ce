/**
 * Starts with a key in a fleet: for one key one gateway sends, and all answer what came of it. Never wrong comes before never
 * down: where a key can't be claimed in Valkey, nothing is sent.
 */
import type { KeyedStart, Send, SharedStarts } from '../../runs/ports.ts';
import {
  createIdempotentStarts,
  fingerprintOf,
  KEY_LIFETIME_MS,
  usedForAnother,
} from '../../runs/starts/idempotent-starts.ts';
import type { StartedRun } from '../../upstream/contract.ts';
import { GatewayError } from '../../upstream/errors.ts';
import { createAwaitedCalls } from '../awaited-calls.ts';
import type { Fleet } from '../fleet.ts';
import { createClaims, type Claim } from './claims.ts';
import { errorOf, notTold, recordOf, type StartRecord } from './start-record.ts';
import { createSharedStartedRuns } from './started-runs.ts';

/** A start may wait before it is sent, and its outcome takes a moment to come here. */
const MARGIN_MS = 1000;
/** Who waits asks again so often: announcements may be lost. */
const RECHECK_MS = 1000;

export function createSharedStarts(fleet: Fleet, upstreamTimeoutMs: number): SharedStarts & { close(): void } {
  const { clock, now } = fleet;
  /** One at a time in this process, and what it knows without Valkey. */
  const ownStarts = createIdempotentStarts({ now });
  const maxWaitMs = upstreamTimeoutMs + MARGIN_MS;
  const calls = createAwaitedCalls(fleet, 'start');
  const claims = createClaims(fleet, maxWaitMs);
  const fleetNow = () => Math.max(0, clock.toFleet(now()));
  // A client that leaves does not undo what was sent: its request waits to the end, as one that has sent does.
  const { signal: never } = new AbortController();

  /** `keepUntil`: what other gateways tell is kept here no longer than there. */
  async function once(start: KeyedStart, send: Send, keepUntil: (untilMs: number) => void): Promise<StartedRun> {
    const fingerprint = fingerprintOf(start.workflowId, start.inputs);
    const claim = claims.of(start);
    const givesUpAt = now() + maxWaitMs;
    for (;;) {
      const expected = calls.expect(claim.name);
      try {
        const found = await claim.take({ state: 'underWay', fingerprint, at: fleetNow() });
        if (found === undefined) throw unavailable();
        if (found === null) return await sendAndTell(claim, fingerprint, () => send(keepUntil));
        if (found !== 'unreadable' && found.fingerprint !== fingerprint) throw usedForAnother();
        if (found !== 'unreadable' && found.state !== 'underWay') {
          keepUntil(Math.min(now(), clock.toLocal(found.at)) + KEY_LIFETIME_MS);
          return answerOf(found);
        }
        const untilMs = found === 'unreadable' ? 0 : Math.min(givesUpAt, clock.toLocal(found.at) + maxWaitMs);
        if (now() >= untilMs) {
          // The other gateway may tell it later, so it is asked for again.
          keepUntil(0);
          throw notTold();
        }
        await expected.outcome(Math.min(RECHECK_MS, untilMs - now()), never);
      } finally {
        expected.end();
      }
    }
  }

  async function sendAndTell(claim: Claim, fingerprint: string, send: () => Promise<StartedRun>): Promise<StartedRun> {
    const sent = send();
    const [outcome] = await Promise.allSettled([sent]);
    const record = recordOf(outcome, { fingerprint, at: fleetNow() });
    // Whoever has the answer gets the same one elsewhere. That waits for Valkey's deadline at most, and fails nothing.
    await claim.settle(record).catch(() => undefined);
    void calls.announce(claim.name, record ? 'stored' : 'failed');
    return sent;
  }

  return {
    ...createSharedStartedRuns(fleet),
    once: (start, send) => ownStarts.once(start, (keepUntil) => once(start, send, keepUntil)),
    close() {
      calls.close();
      claims.close();
    },
  };
}

function answerOf(record: Exclude<StartRecord, { state: 'underWay' }>): StartedRun {
  if (record.state === 'unknown') throw errorOf(record);
  return { runId: record.runId, message: record.message };
}

const unavailable = (): GatewayError =>
  new GatewayError(
    'IDEMPOTENCY_UNAVAILABLE',
    'idempotencyKey: nothing was sent, since the key could not be claimed in Valkey: it does not answer, or it is full. ' +
      'Try again with the same key. A first attempt may be made without a key',
    { wasNotSent: true },
  );
