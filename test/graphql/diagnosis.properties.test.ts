import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import type { Call } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

/** The manual clock. */
const NOW = Date.parse('2026-11-24T12:00:00Z');

interface History {
  /** Oldest first: whether and why each run failed. */
  readonly kinds: readonly ('ok' | 'KeyError' | 'Timeout')[];
  /** Runs whose steps cannot be loaded. */
  readonly lost: ReadonlySet<number>;
}

/** The history of each key. */
const histories = new Map<string, History>();
const startOf = (number: number): string => new Date(NOW - 3_600_000 + number * 20_000).toISOString();

function script({ endpoint, runId, key = '', url }: Call) {
  const { kinds, lost } = histories.get(key) ?? { kinds: [], lost: new Set() };
  const record = (number: number) =>
    wireRun(`r${number}`, {
      ...{ start_time: startOf(number), end_time: new Date(Date.parse(startOf(number)) + 9000).toISOString() },
      ...(kinds[number] !== 'ok' && { status: 'failed' }),
    });
  const number = Number(runId.slice(1));
  if (endpoint === 'workflows') return { json: [] };
  if (endpoint === 'run') return { json: [record(number)] };
  if (endpoint === 'steps' && lost.has(number)) return { status: 400 };
  const failed = kinds[number] === 'ok' ? {} : { status: 'failed', error: `${kinds[number] ?? ''}: no` };
  if (endpoint === 'steps') return { json: [wireStep({ node_id: 'a', inputs: null, ...failed })] };
  const [offset, limit] = ['offset', 'limit'].map((name) => Number(url.searchParams.get(name)));
  const newestFirst = kinds.map((_, at) => at).reverse();
  return { json: newestFirst.slice(offset, (offset ?? 0) + (limit ?? 0)).map(record) };
}

const gateway = perBlock(new TestGateway({ script, clock: createManualClock() }));

const kinds = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant('ok' as const) },
    { weight: 2, arbitrary: fc.constantFrom('KeyError' as const, 'Timeout' as const) },
  ),
  { minLength: 5, maxLength: 70 },
);

it('claims nothing in a diagnosis beyond the examined runs', async () => {
  let [asked, claimed, isNewCount] = [0, 0, 0];
  const property = fc.asyncProperty(
    kinds,
    fc.array(fc.nat(69), { maxLength: 4 }),
    fc.nat(10),
    async (before, lostRuns, back) => {
      const all = [...before, 'KeyError' as const, ...Array<'ok'>(back).fill('ok')];
      const own = before.length;
      const lost = new Set(lostRuns.filter((number) => all[number] !== 'ok' && number !== own));
      const key = `key-${(asked += 1)}`;
      histories.set(key, { kinds: all, lost });
      const { data } = await gateway.query(
        `{ run(workflowId: "wf", id: "r${own}") { diagnosis {
        headline runsExamined group { count isNew firstSeenIsExact firstSeenAt affectedRate } baseline { run { id } }
      } } }`,
        { key },
      );
      const { diagnosis } = (data as unknown as { run: { diagnosis: Answer } }).run;
      const { headline, runsExamined, group, baseline } = diagnosis;

      // Examined are runs until this one that did not fail, or whose steps were loaded.
      const until = all.slice(0, own + 1);
      const knowable = until.filter((_, number) => !lost.has(number)).length;
      expect(runsExamined).toBeLessThanOrEqual(knowable);
      const counts = [...headline.matchAll(/(\d+) of the (\d+) runs before it/g)];
      for (const [, count, finished] of counts) {
        expect(Number(count)).toBeLessThanOrEqual(Number(finished));
        expect(Number(finished)).toBeLessThanOrEqual(runsExamined);
        expect(Number(count)).toBeLessThanOrEqual(until.filter((kind) => kind === 'KeyError').length);
      }
      claimed += counts.length;

      const first = until.findIndex((_, number) => startOf(number) === group.firstSeenAt);
      expect(until[first]).toBe('KeyError');
      expect(/; new (?:since|with)/.test(headline)).toBe(group.isNew);
      if (group.isNew) {
        isNewCount += 1;
        // The 20 runs before it are known not to have the failure, or these are all runs.
        const evidence = until.slice(0, first).map((kind, number) => ({ kind, isLost: lost.has(number) }));
        const nearest = evidence.slice(-20);
        expect(nearest.filter(({ kind, isLost }) => kind === 'KeyError' || isLost)).toEqual([]);
        expect(evidence.length >= 20 || evidence.length === first).toBe(true);
      }
      if (baseline) {
        const base = Number(baseline.run.id.slice(1));
        expect(all[base]).toBe('ok');
        expect(base).toBeLessThan(first);
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
  expect(Math.min(claimed, isNewCount)).toBeGreaterThan(0);
});

interface Answer {
  readonly headline: string;
  readonly runsExamined: number;
  readonly group: { readonly count: number; readonly isNew: boolean; readonly firstSeenAt: string };
  readonly baseline: { readonly run: { readonly id: string } } | null;
}
