import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRun } from '../../src/domain/run/run.ts';
import { changedSteps } from '../../src/domain/step/step-changes.ts';
import type { Step, StepFacts } from '../../src/domain/types.ts';
import { runEvents, type RunEvent } from '../../src/graphql/subscriptions/run-events.ts';
import { createPullIterator } from '../../src/runs/live/pull-iterator.ts';
import { runStates, type RunReading, type Snapshot } from '../../src/runs/live/snapshot.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { EPOCH_MS, ran, runFacts } from '../support/facts.ts';
import { infoOf } from '../support/resolve-info.ts';

const info = infoOf('subscription { runUpdated(workflowId: "wf", id: "r") { news: changedSteps { id } status } }');

const NODES = ['a', 'a', 'b', 'c'];
const WORDS = ['running', 'failed', 'completed'];

type Command =
  | { readonly kind: 'POLL' | 'FAULT' | 'STEPS_FAULT' | 'STEPS_GONE' | 'JOIN' | 'SHUFFLE' }
  | { readonly kind: 'CHANGE' | 'ADD' | 'RECONNECT'; readonly which: number }
  | { readonly kind: 'PULL'; readonly which: number; readonly isTold: boolean };

const which = fc.nat(11);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('CHANGE' as const), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ADD' as const), which }) },
  { weight: 9, arbitrary: fc.constant({ kind: 'POLL' } as const) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'FAULT' } as const, { kind: 'STEPS_FAULT' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'STEPS_GONE' } as const, { kind: 'SHUFFLE' } as const) },
  { weight: 3, arbitrary: fc.constant({ kind: 'JOIN' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('RECONNECT' as const), which }) },
  {
    weight: 12,
    // Now and then the list is lost on the way, such as by the limit on objects.
    arbitrary: fc.record({ kind: fc.constant('PULL' as const), which, isTold: fc.nat(9).map((n) => n > 0) }),
  },
);

/** All that does not depend on the clock or on other steps' times. */
const told = ({ tokens, status, rawStatus, startTime, endTime, attempt, attemptCount, attemptKind, payload }: Step) =>
  JSON.stringify({
    tokens,
    status,
    rawStatus,
    startTime,
    endTime,
    attempt,
    attemptCount,
    attemptKind,
    outputs: payload.outputs?.read() ?? null,
  });

/** No two start together: which of two such is the first attempt, the order of the upstream's list decides. */
const startOf = ({ id }: StepFacts): number => Number(id.slice(1));

interface Reader {
  events: AsyncIterableIterator<RunEvent, undefined>;
  /** By id: what a client has that replaces its steps by the changed ones. */
  readonly steps: Map<string, string>;
  seen: number;
  /** The state whose steps it was told last. */
  lastTold: number;
}

const failure = (code: 'UPSTREAM_TIMEOUT' | 'NOT_FOUND') => new GatewayError(code, 'it fails');

describe('changedSteps, whatever happens', () => {
  it('give each reader the present state of every step, and only those that changed', async () => {
    let pulls = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
        let steps: StepFacts[] = [ran('a', 0, null, 'running', { id: 's0' })];
        let latest: Snapshot | null = null;
        let clock = 10;
        const readers: Reader[] = [];
        /** By id and state: what was told of it. */
        const states = new Map<number, Map<string, string>>();

        const read = (): RunReading => {
          const value = steps.map((step, index) => ({ ...step, index }));
          const part = { cached: { value, sentAt: clock, fetchedAt: clock, sizeBytes: 1 }, staleReason: null };
          const parts = { record: null, steps: part, stepsError: null, graph: null };
          return { ref: { workflowId: 'wf', runId: 'r' }, parts, isFinal: false, staleBecause: null, current: null };
        };
        const withoutSteps = (code: 'UPSTREAM_TIMEOUT' | 'NOT_FOUND'): RunReading => {
          const { parts, ...reading } = read();
          return { ...reading, parts: { ...parts, steps: null, stepsError: failure(code) } };
        };
        const stepsIn = ({ parts }: Snapshot): readonly Step[] => {
          clock += 1;
          const facts = runFacts({ steps: parts.steps?.cached.value ?? null, stepsError: parts.stepsError });
          return parts.steps ? createRun(facts, EPOCH_MS + clock * 1000).steps : [];
        };
        const accept = (state: Snapshot | null) => {
          if (!state) return;
          latest = state;
          states.set(state.sequence, new Map(stepsIn(state).map((step) => [step.id, told(step)])));
        };
        /** As a poller gives its states: the latest one, where the reader has not seen it. */
        const open = (reader: Reader) =>
          runEvents(
            createPullIterator<Snapshot>({
              next() {
                if (!latest) throw new Error('expected a state');
                const value = reader.seen === 0 ? runStates.forNewcomer(latest) : latest;
                reader.seen = latest.sequence;
                return Promise.resolve({ done: false, value });
              },
              end: () => undefined,
            }),
            info,
          );
        const connect = (reader: Reader) => {
          reader.steps.clear();
          reader.seen = 0;
          reader.lastTold = 0;
          reader.events = open(reader);
        };

        async function pull(reader: Reader, isTold: boolean): Promise<void> {
          if (!latest || reader.seen === latest.sequence) return;
          pulls += 1;
          const { lastTold } = reader;
          const result = await reader.events.next().catch(() => null);
          // The upstream fails, and a newcomer may not be given what is older.
          if (!result) {
            connect(reader);
            return;
          }
          if (result.done) throw new Error('expected an event');
          const { snapshot, sinceSequence, told: deliver } = result.value;
          const hasSteps = snapshot.parts.steps !== null;
          const news = hasSteps ? changedSteps(stepsIn(snapshot), snapshot.stepChanges, sinceSequence) : null;
          const isDelivered = isTold && news !== null;
          deliver?.({
            data: { runUpdated: { status: 'RUNNING', news: isDelivered ? news.map(({ id }) => ({ id })) : null } },
          });
          if (!isDelivered) return;
          for (const step of news) {
            // It differs from what the reader has, or did so for a while.
            const between = [...states].filter(([state]) => state > lastTold && state <= snapshot.sequence);
            const had = reader.steps.get(step.id);
            expect(between.some(([, byId]) => byId.get(step.id) !== had)).toBe(true);
            reader.steps.set(step.id, told(step));
          }
          reader.lastTold = snapshot.sequence;
          for (const step of stepsIn(snapshot)) expect(reader.steps.get(step.id)).toBe(told(step));
        }

        async function run(next: Command): Promise<void> {
          const reader = 'which' in next ? readers[next.which % Math.max(1, readers.length)] : undefined;
          if (next.kind === 'CHANGE') {
            const index = next.which % steps.length;
            steps = steps.map((step, at) =>
              at === index
                ? ran(step.nodeId, startOf(step), startOf(step) + 0.5, WORDS[next.which % 3], {
                    id: step.id,
                    outputs: next.which % 4,
                  })
                : step,
            );
          } else if (next.kind === 'ADD' && steps.length < 12) {
            const index = steps.length;
            steps = [...steps, ran(NODES[next.which % 4] ?? 'a', index, null, 'running', { id: `s${index}` })];
          } else if (next.kind === 'SHUFFLE') steps = steps.toReversed();
          else if (next.kind === 'POLL') accept(await runStates.follow(latest, read()));
          else if (next.kind === 'FAULT') accept(runStates.afterFault(latest, failure('UPSTREAM_TIMEOUT')));
          else if (next.kind === 'STEPS_FAULT')
            accept(await runStates.follow(latest, withoutSteps('UPSTREAM_TIMEOUT')));
          else if (next.kind === 'STEPS_GONE') accept(await runStates.follow(latest, withoutSteps('NOT_FOUND')));
          else if (next.kind === 'JOIN' && readers.length < 6) {
            const newcomer = { steps: new Map<string, string>(), seen: 0, lastTold: 0 } as Reader;
            connect(newcomer);
            readers.push(newcomer);
          } else if (next.kind === 'RECONNECT' && reader) connect(reader);
          else if (next.kind === 'PULL' && reader) await pull(reader, next.isTold);
        }

        for (const next of commands) await run(next);
        // At the end the upstream has recovered, something changes once more, and everybody reads.
        await run({ kind: 'CHANGE', which: 0 });
        steps = steps.map((step) => ({ ...step, tokens: 7 }));
        accept(await runStates.follow(latest, read()));
        for (const reader of readers) await pull(reader, true);
        const present = [...(states.get((latest as Snapshot | null)?.sequence ?? 0) ?? [])].sort();
        for (const reader of readers) if (reader.steps.size > 0) expect([...reader.steps].sort()).toEqual(present);
      }),
      { numRuns: 600 },
    );
    expect(pulls).toBeGreaterThan(2000);
  }, 120_000);
});
