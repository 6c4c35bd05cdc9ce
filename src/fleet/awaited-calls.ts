/** Calls of other gateways: a gateway that needs the same response waits for the announcement. */
import type { WaitOutcome } from '../runs/ports.ts';
import { AbandonedError } from '../upstream/errors.ts';
import type { Fleet } from './fleet.ts';

const OUTCOMES: readonly WaitOutcome[] = ['again', 'alone'];

export interface AwaitedCalls {
  /**
   * Must be called before acquiring the lease, because an announcement or failure may come first. Always call `end`.
   */
  expect(lease: string): ExpectedCall;
  announce(lease: string, outcome: WaitOutcome): Promise<unknown>;
}

export interface ExpectedCall {
  /**
   * Resolves to `again` after `ms`, when the lease may have ended. Rejects with AbandonedError when the signal fires.
   * Call it once.
   */
  outcome(ms: number, signal: AbortSignal): Promise<WaitOutcome>;
  end(): void;
}

/** The last part of a lease's name, and the outcome. */
const PAYLOAD = /^([\w-]{43}) (\w+)$/;
const idOf = (lease: string): string => lease.slice(-43);

/** `purpose` is the channel, one for each kind of call. */
export function createAwaitedCalls(
  { valkey, announcements, after }: Pick<Fleet, 'valkey' | 'announcements' | 'after'>,
  purpose: string,
): AwaitedCalls {
  /** By lease id. Bounded by the loads in progress. */
  const expected = new Map<string, Set<(outcome: WaitOutcome) => void>>();
  announcements.listen(purpose, (payload) => {
    const [, id = '', word] = PAYLOAD.exec(payload) ?? [];
    const outcome = OUTCOMES.find((each) => each === word);
    if (outcome) for (const resolve of expected.get(id) ?? []) resolve(outcome);
  });

  return {
    expect(lease) {
      const id = idOf(lease);
      const { promise, resolve, reject } = Promise.withResolvers<WaitOutcome>();
      const all = expected.get(id) ?? new Set();
      expected.set(id, all.add(resolve));
      const stopListening = valkey.onDown(() => {
        resolve('alone');
      });
      return {
        async outcome(ms, signal) {
          const leave = () => {
            reject(new AbandonedError());
          };
          if (signal.aborted) leave();
          signal.addEventListener('abort', leave);
          const cancelTimer = after(ms, () => {
            resolve('again');
          });
          // A failure of Valkey is noticed within the timeout of a command.
          const stopWatching = valkey.watch();
          try {
            return await promise;
          } finally {
            stopWatching();
            cancelTimer();
            signal.removeEventListener('abort', leave);
          }
        },
        end() {
          stopListening();
          all.delete(resolve);
          if (all.size === 0 && expected.get(id) === all) expected.delete(id);
        },
      };
    },
    announce: (lease, outcome) => announcements.announce(purpose, `${idOf(lease)} ${outcome}`),
  };
}
