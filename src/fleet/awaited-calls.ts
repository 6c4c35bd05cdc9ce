/** Calls that another gateway makes: whoever needs the same answer waits until it is announced. */
import { AbandonedError } from '../upstream/errors.ts';
import type { Fleet } from './fleet.ts';

/** What is announced of a call: the answer is there, it has failed, or nobody waited any more for it where it was made. */
const ANNOUNCED = ['stored', 'failed', 'over'] as const;
export type AnnouncedOutcome = (typeof ANNOUNCED)[number];
/** How the waiting ended: by that, or the lease may be over, or Valkey is away. */
export type CallOutcome = AnnouncedOutcome | 'down';

export interface AwaitedCalls {
  /** To be created before the lease is asked for, so that no announcement comes in between. Call `end` in any case. */
  expect(lease: string): ExpectedCall;
  /** Resolves with false if Valkey did not take it. */
  announce(lease: string, outcome: AnnouncedOutcome): Promise<boolean>;
  close(): void;
}

export interface ExpectedCall {
  /** Waits for `ms` at most. Rejects with AbandonedError when the signal fires. */
  outcome(ms: number, signal: AbortSignal): Promise<CallOutcome>;
  end(): void;
}

/** The end of a lease's name, and what became of the call. */
const PAYLOAD = /^([\w-]{43}) (\w+)$/;
const idOf = (lease: string): string => lease.slice(-43);

/** `purpose`: the channel, one for each kind of call. */
export function createAwaitedCalls(
  { valkey, announcements }: Pick<Fleet, 'valkey' | 'announcements'>,
  purpose: string,
): AwaitedCalls {
  /** By the lease's id. No more than loads under way. */
  const expected = new Map<string, Set<(outcome: CallOutcome) => void>>();
  const stop = announcements.listen(purpose, (payload) => {
    const [, id = '', word] = PAYLOAD.exec(payload) ?? [];
    const outcome = ANNOUNCED.find((each) => each === word);
    if (outcome) for (const tell of expected.get(id) ?? []) tell(outcome);
  });

  return {
    expect(lease) {
      const id = idOf(lease);
      const { promise, resolve } = Promise.withResolvers<CallOutcome>();
      const all = expected.get(id) ?? new Set();
      expected.set(id, all.add(resolve));
      return {
        async outcome(ms, signal) {
          const timer = setTimeout(resolve, ms, 'over');
          // While somebody waits, Valkey's failure is noticed within its deadline.
          const stopWatching = valkey.watch();
          const stopListening = valkey.onDown(() => {
            resolve('down');
          });
          const gone = Promise.withResolvers<never>();
          const leave = () => {
            gone.reject(new AbandonedError());
          };
          signal.addEventListener('abort', leave);
          if (signal.aborted) leave();
          try {
            return await Promise.race([promise, gone.promise]);
          } finally {
            clearTimeout(timer);
            stopWatching();
            stopListening();
            signal.removeEventListener('abort', leave);
          }
        },
        end() {
          all.delete(resolve);
          if (all.size === 0 && expected.get(id) === all) expected.delete(id);
        },
      };
    },
    announce: (lease, outcome) => announcements.announce(purpose, `${idOf(lease)} ${outcome}`),
    close: stop,
  };
}
