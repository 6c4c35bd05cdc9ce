/** Lets nobody go on whose right to ask has ended: a new operation is refused, and events end with the same error. */
import { createPullIterator } from '../runs/live/pull-iterator.ts';
import type { After } from '../runs/timer.ts';
import { isEvents, type Gate, type OperationRequest } from './gate.ts';
import { OperationRefused, type LiveEvent, type LiveEvents } from './live-event.ts';

export interface ExpiringGateOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

/** A timer takes no more: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 2;

export function createExpiringGate(gate: Gate, { now, after }: ExpiringGateOptions): Gate {
  /** Calls back at that moment, unless it is called off. */
  function at(moment: number, task: () => void): () => void {
    let cancel = (): void => undefined;
    const arm = () => {
      const ms = moment - now();
      cancel = ms > MAX_TIMER_MS ? after(MAX_TIMER_MS, arm) : after(ms, task);
    };
    arm();
    return () => {
      cancel();
    };
  }

  function endAt(untilMs: number, events: LiveEvents, request: OperationRequest): LiveEvents {
    const right = { hasEnded: false };
    const callOff = at(untilMs, () => {
      right.hasEnded = true;
      // Whoever waits for the next event gets it at once: there is none.
      void events.return(undefined);
    });

    async function next(): Promise<IteratorResult<LiveEvent, undefined>> {
      const result = right.hasEnded ? null : await events.next().catch(forward);
      if (!result || right.hasEnded) throw expired(request);
      if (result.done) callOff();
      return result;
    }

    function forward(error: unknown): never {
      callOff();
      throw error;
    }

    async function end(): Promise<void> {
      callOff();
      await events.return(undefined);
    }

    return createPullIterator({ next, end });
  }

  return {
    async open(request) {
      const { untilMs = Infinity } = request;
      if (request.viewer && now() >= untilMs) throw expired(request);
      const opened = await gate.open(request);
      return untilMs !== Infinity && isEvents(opened) ? endAt(untilMs, opened, request) : opened;
    },
  };
}

const expired = ({ requestId }: OperationRequest): OperationRefused =>
  new OperationRefused([
    {
      message: 'the token has expired: connect again with a new one',
      extensions: { code: 'UNAUTHENTICATED', retryable: false, requestId },
    },
  ]);
