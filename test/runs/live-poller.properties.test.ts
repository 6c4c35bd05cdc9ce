import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunReading, Snapshot } from '../../src/runs/live/snapshot.ts';
import { joinNobody } from '../../src/runs/live/turns.ts';
import { createLivePoller, type LivePoller } from '../../src/runs/live/live-poller.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';
import { readingOf, stepsIn, watch, type Watching } from '../support/poller.ts';
import { createComparedStates } from '../support/compared-states.ts';

const LIVE_TTL_MS = 1000;
/** Longer than the slowest poll and the longest interval. */
const LONG_MS = 7000;
const STRIDE_MS = 50;

type Command =
  | { readonly kind: 'CHANGE' | 'FAULT' | 'MEND' | 'JOIN' | 'FINISH' }
  | { readonly kind: 'LEAVE' | 'PULL'; readonly which: number }
  | { readonly kind: 'PASS'; readonly ms: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'CHANGE' } as const) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'FAULT' } as const, { kind: 'MEND' } as const) },
  { weight: 3, arbitrary: fc.constant({ kind: 'JOIN' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'FINISH' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('LEAVE' as const), which: fc.nat(9) }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('PULL' as const), which: fc.nat(9) }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('PASS' as const), ms: fc.integer({ min: 1, max: 4000 }) }) },
);

interface Reader extends Watching {
  hasLeft: boolean;
}

interface Played {
  readonly readers: readonly Reader[];
  /** Subscribers that neither left nor failed, with their outcome after the last recovery. */
  readonly staying: readonly { readonly reader: Reader; readonly outcome: Watching['outcome'] }[];
  /** The times of each poller's polls. */
  readonly polls: readonly (readonly number[])[];
  /** Ages of the snapshots that were neither stale nor final, when they were given. */
  readonly ages: readonly number[];
  readonly steps: number;
  readonly isFinal: boolean;
  /** Polls that were sent after their poller had read the final state. */
  readonly pollsAfterTheEnd: number;
  /** Timers that are left without subscribers, those of aborted polls aside. */
  readonly timersLeft: number;
}

/** Plays the commands: each change adds a step to the run, and each poll takes `latencyMs`. */
async function play(commands: readonly Command[], latencyMs: number): Promise<Played> {
  const clock = createManualClock();
  const polls: number[][] = [];
  const readers: Reader[] = [];
  const ages: number[] = [];
  const noted = new Map<Reader, number>();
  let current: LivePoller<Snapshot> | null = null;
  let timers = 0;
  const { states, compared } = createComparedStates();
  let steps = 1;
  let isFaulty = false;
  let isFinal = false;
  let pollsAfterTheEnd = 0;

  /** Like `live-pollers.ts`: when a poller is over, the next subscriber gets another. */
  function openPoller(): LivePoller<Snapshot> {
    const itsPolls: number[] = [];
    polls.push(itsPolls);
    let hasEnded = false;
    const poller = createLivePoller({
      states,
      read(): Promise<{ reading: RunReading; untilMs: number }> {
        const sentAt = clock.now();
        itsPolls.push(sentAt);
        if (hasEnded) pollsAfterTheEnd += 1;
        const [toldSteps, toldFinal, isFault] = [steps, isFinal, isFaulty];
        return new Promise((resolve, reject) => {
          clock.after(latencyMs, () => {
            if (isFault) reject(new GatewayError('UPSTREAM_UNAVAILABLE', 'it fails'));
            hasEnded ||= !isFault && toldFinal;
            const reading = readingOf(toldSteps, sentAt, { fetchedAt: clock.now(), isFinal: toldFinal });
            resolve({ reading, untilMs: toldFinal ? Infinity : clock.now() + LIVE_TTL_MS });
          });
        });
      },
      joinTurns: joinNobody,
      isRightKnown: () => true,
      liveTtlMs: LIVE_TTL_MS,
      now: clock.now,
      after(ms, task) {
        timers += 1;
        const cancel = clock.after(ms, () => {
          timers -= 1;
          isRung = true;
          task();
        });
        let isRung = false;
        return () => {
          if (!isRung) timers -= 1;
          isRung = true;
          cancel();
        };
      },
      onOver() {
        if (current === poller) current = null;
      },
    });
    return poller;
  }

  function noteAges(): void {
    for (const reader of readers) {
      const snapshot = reader.given.at(-1);
      if (!snapshot || noted.get(reader) === reader.given.length) continue;
      noted.set(reader, reader.given.length);
      if (!isStale(snapshot) && !snapshot.isFinal) ages.push(clock.now() - (snapshot.parts.steps?.cached.sentAt ?? 0));
    }
  }

  /** In small strides: the work of each timer settles before the next one fires. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STRIDE_MS) {
      clock.advance(Math.min(STRIDE_MS, left));
      await compared();
      noteAges();
    }
  }

  async function run(step: Command): Promise<void> {
    const reader = 'which' in step ? readers[step.which % Math.max(1, readers.length)] : undefined;
    if (step.kind === 'CHANGE') steps += isFinal ? 0 : 1;
    else if (step.kind === 'FAULT') isFaulty = true;
    else if (step.kind === 'MEND') isFaulty = false;
    else if (step.kind === 'FINISH') isFinal = true;
    else if (step.kind === 'JOIN' && readers.length < 10) {
      current ??= openPoller();
      readers.push(Object.assign(watch(current), { hasLeft: false }));
    } else if (step.kind === 'LEAVE' && reader) {
      reader.hasLeft = true;
      await reader.leave();
    } else if (step.kind === 'PULL') await reader?.pull();
    else if (step.kind === 'PASS') await pass(step.ms);
    noteAges();
  }

  for (const step of commands) await run(step);
  // At the end the upstream has recovered, and everybody reads until there is nothing more.
  isFaulty = false;
  for (let round = 0; round < 4; round++) {
    for (const reader of readers) await reader.pull();
    await pass(LONG_MS);
  }
  const staying = readers
    .filter(({ hasLeft, outcome }) => !hasLeft && outcome !== 'FAILED')
    .map((reader) => ({ reader, outcome: reader.outcome }));
  for (const reader of readers) await reader.leave();
  return { readers, staying, polls, ages, steps, isFinal, pollsAfterTheEnd, timersLeft: timers };
}

const isStale = ({ parts }: Snapshot): boolean => parts.steps?.staleReason !== null;

/** The part of a snapshot that is compared. */
const told = (snapshot: Snapshot) => [stepsIn(snapshot), isStale(snapshot), snapshot.isFinal];

describe('live pollers, whatever happens', () => {
  it('give each subscriber snapshots in order up to the latest, with bounded polls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 60 }),
        fc.integer({ min: 1, max: 1500 }),
        async (commands, latencyMs) => {
          const { readers, staying, polls, ages, steps, isFinal, pollsAfterTheEnd, timersLeft } = await play(
            commands,
            latencyMs,
          );
          for (const { given } of readers) {
            const seen = given.map(stepsIn);
            expect(seen).toEqual([...seen].sort((one, another) => one - another));
          }
          for (const { reader, outcome } of staying) {
            const last = reader.given.at(-1);
            expect(last && told(last)).toEqual([steps, false, isFinal]);
            expect(outcome).toBe(isFinal ? 'DONE' : 'WAITING');
          }
          for (const itsPolls of polls) {
            const gaps = itsPolls.slice(1).map((atMs, index) => atMs - (itsPolls[index] ?? 0));
            expect(Math.min(LIVE_TTL_MS, ...gaps)).toBe(LIVE_TTL_MS);
          }
          expect(Math.max(0, ...ages)).toBeLessThanOrEqual(LIVE_TTL_MS + latencyMs + STRIDE_MS);
          expect(pollsAfterTheEnd).toBe(0);
          expect(timersLeft).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});
