import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunRecord } from '../../src/domain/types.ts';
import type { NewestRuns } from '../../src/runs/history/run-history.ts';
import {
  changedRuns,
  reachesKnown,
  wantedRecords,
  workflowStates,
  type WorkflowRuns,
} from '../../src/runs/live/workflow-runs.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { at, runRecord } from '../support/facts.ts';

type Command =
  | { readonly kind: 'POLL' | 'FAULT' | 'JOIN' }
  | { readonly kind: 'START'; readonly count: number; readonly isOpen: boolean }
  | { readonly kind: 'END' | 'PULL'; readonly which: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('START' as const),
      count: fc.integer({ min: 1, max: 3 }),
      isOpen: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('START' as const),
      count: fc.constantFrom(30, 130),
      isOpen: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('END' as const), which: fc.nat(200) }) },
  { weight: 8, arbitrary: fc.constant({ kind: 'POLL' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'FAULT' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'JOIN' } as const) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('PULL' as const), which: fc.nat(5) }) },
);

interface Reader {
  /** The status of each run that was told, by id. */
  readonly told: Map<string, string>;
  seen: number;
  /** The runs that had been read when it was told something for the first time. */
  before: ReadonlySet<string>;
  /** False while nothing could be read. */
  hasBegun: boolean;
}

describe('the runs of a workflow, whatever happens', () => {
  it('are each told in their latest state, also to readers who skip states, by as few calls as can be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40, size: 'max' }), async (commands) => {
        /** Newest first. */
        const runs: { id: string; isOpen: boolean }[] = [];
        let latest: WorkflowRuns | null = null;
        const readers: Reader[] = [];
        /** True if a run that was unfinished at the last poll lies deeper than one call reads. */
        let wasDeep = false;
        let polled: ReadonlySet<string> = new Set();
        const statusOf = (isOpen: boolean) => (isOpen ? 'running' : 'completed');

        /** As `RunHistory.newest` reads. */
        function read(): NewestRuns {
          const all = runs.map(({ id, isOpen }, index): RunRecord =>
            runRecord({ id, rawStatus: statusOf(isOpen), startTime: at(runs.length - index), endTime: null }),
          );
          let length = wantedRecords(latest);
          let calls = 1;
          while (length < Math.min(500, all.length) && !reachesKnown(latest, all.slice(0, length))) {
            length += 99;
            calls += 1;
          }
          polled = new Set(runs.map(({ id }) => id));
          const isQuiet =
            !wasDeep && latest !== null && latest.runs.size > 0 && all[0] !== undefined && latest.runs.has(all[0].id);
          if (isQuiet) expect(calls).toBe(1);
          wasDeep = runs.slice(100).some(({ isOpen }) => isOpen);
          const cached = { sentAt: 0, fetchedAt: 0, sizeBytes: 1 };
          const records = all.slice(0, length).map((value) => ({ cached: { ...cached, value }, staleReason: null }));
          return { records, windows: [] };
        }

        const pull = (reader: Reader): void => {
          if (!latest || latest.sequence === reader.seen) return;
          if (!reader.hasBegun) reader.before = polled;
          reader.hasBegun = latest.isRead;
          const state = reader.seen === 0 ? workflowStates.forNewcomer(latest) : latest;
          for (const [id, { record }] of changedRuns(state, reader.seen)) {
            // Without a record it is finished, and is loaded by its id.
            reader.told.set(id, record?.cached.value.rawStatus ?? 'completed');
          }
          reader.seen = latest.sequence;
        };

        for (const next of commands) {
          if (next.kind === 'START') {
            for (let count = 0; count < next.count && runs.length < 400; count += 1) {
              runs.unshift({ id: `r${runs.length}`, isOpen: next.isOpen });
            }
          } else if (next.kind === 'END') {
            const open = runs.filter(({ isOpen }) => isOpen);
            const ended = open[next.which % Math.max(1, open.length)];
            if (ended) ended.isOpen = false;
          } else if (next.kind === 'POLL') latest = await workflowStates.follow(latest, read());
          else if (next.kind === 'FAULT')
            latest = workflowStates.afterFault(latest, new GatewayError('UPSTREAM_TIMEOUT', 'no'));
          else if (next.kind === 'JOIN') readers.push({ told: new Map(), seen: 0, before: new Set(), hasBegun: false });
          else if ('which' in next) {
            const reader = readers[next.which % Math.max(1, readers.length)];
            if (reader) pull(reader);
          }
        }
        latest = await workflowStates.follow(latest, read());
        for (const reader of readers) {
          pull(reader);
          for (const { id, isOpen } of runs) {
            const told = reader.told.get(id);
            // What it was told is so; what it was not told was old when it came.
            if (told !== undefined) expect([id, told]).toEqual([id, statusOf(isOpen)]);
            else expect(reader.before.has(id)).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
