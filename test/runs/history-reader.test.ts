import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createHistoryReader,
  MAX_SEARCHES,
  MAX_WINDOW,
  type HistoryPosition,
  type ReadWindow,
} from '../../src/runs/history/history-reader.ts';
import { at, runRecord } from '../support/facts.ts';

/** A history that a test can change; the newest run comes first. So many runs each start at the same instant; some do not start. */
function createHistory(runCount: number, perInstant = 1, hasStarted: (number: number) => boolean = () => true) {
  const runs: { id: string; startTime: ReturnType<typeof at> | null }[] = [];
  const windows: string[] = [];
  let started = 0;
  const start = () => {
    started += 1;
    const startTime = hasStarted(started) ? at(Math.ceil(started / perInstant) * 1000) : null;
    runs.unshift({ id: `run-${started}`, startTime });
  };
  for (let count = 0; count < runCount; count += 1) start();
  const readWindow: ReadWindow = (offset, limit) => {
    if (limit < 1 || limit > MAX_WINDOW || offset < 0) throw new Error(`a window of ${limit} from ${offset}`);
    windows.push(`${offset} ${limit}`);
    const records = runs.slice(offset, offset + limit).map((run) => runRecord(run));
    return Promise.resolve({ records, isStale: false });
  };
  return { runs, windows, start, readWindow };
}

const idsOf = (entries: readonly { readonly record: { readonly id: string } }[]) =>
  entries.map(({ record }) => record.id);

describe('the history reader', () => {
  it('reads a history to its end, whatever number of runs is wanted at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(250), fc.integer({ min: 1, max: 100 }), async (runCount, wanted) => {
        const history = createHistory(runCount);
        const reader = createHistoryReader(history.readWindow, null);
        const seen: string[] = [];
        while (!reader.isAtEnd) {
          const entries = await reader.next(wanted);
          seen.push(...idsOf(entries));
          if (entries.length === 0) break;
        }
        expect(seen).toEqual(history.runs.map(({ id }) => id));
        expect(await reader.next(1)).toEqual([]);
      }),
    );
  });

  it('reads what is wanted, and nothing more once it has seen the end', async () => {
    const history = createHistory(5);
    const reader = createHistoryReader(history.readWindow, null);
    expect(idsOf(await reader.next(2))).toEqual(['run-5', 'run-4']);
    expect(reader.isAtEnd).toBe(false);
    expect(idsOf(await reader.next(3))).toEqual(['run-3', 'run-2', 'run-1']);
    expect(reader.isAtEnd).toBe(false);
    expect(await reader.next(3)).toEqual([]);
    expect([reader.isAtEnd, history.windows]).toEqual([true, ['0 2', '1 4', '4 4']]);
    expect(await reader.next(3)).toEqual([]);
    expect(history.windows).toHaveLength(3);

    const short = createHistoryReader(history.readWindow, null);
    expect(await short.next(6)).toHaveLength(5);
    expect(short.isAtEnd).toBe(true);
  });

  it('reads runs that have not started yet, and goes on where one that had is gone', async () => {
    const history = createHistory(3);
    for (const id of ['queued-1', 'queued-2']) history.runs.unshift({ id, startTime: null });
    const reader = createHistoryReader(history.readWindow, null);
    const [first] = await reader.next(1);
    expect(first?.position).toEqual({ runId: 'queued-2', offset: 0, startMicros: null });
    expect(idsOf(await reader.next(2))).toEqual(['queued-1', 'run-3']);
    history.runs.splice(2, 1);
    expect(idsOf(await reader.next(9))).toEqual(['run-2', 'run-1']);
  });

  it('goes on where one was that has not started, and is gone', async () => {
    const history = createHistory(3);
    history.runs.splice(1, 0, { id: 'queued-1', startTime: null });
    history.runs.unshift({ id: 'queued-2', startTime: null });
    const entries = await createHistoryReader(history.readWindow, null).next(9);
    const idsBehind = async (id: string) => {
      const position = entries.find(({ record }) => record.id === id)?.position ?? null;
      return idsOf(await createHistoryReader(history.readWindow, position).next(9));
    };
    const isGone = (id: string) =>
      history.runs.splice(
        history.runs.findIndex((run) => run.id === id),
        1,
      );
    isGone('queued-2');
    history.start();
    expect(await idsBehind('queued-2')).toEqual(['run-3', 'queued-1', 'run-2', 'run-1']);
    isGone('queued-1');
    expect(await idsBehind('queued-1')).toEqual(['run-2', 'run-1']);
  });

  it('neither repeats nor skips a run while others start, with one reader or several', async () => {
    // Of two runs one has started: of a window in which none has, nothing tells where it was.
    const movement = fc.record({ started: fc.nat(130), wanted: fc.integer({ min: 2, max: 100 }), anew: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(200),
        fc.array(movement, { minLength: 1, maxLength: 30 }),
        fc.oneof(
          fc.record({ perInstant: fc.integer({ min: 1, max: 150 }), waiting: fc.constant(Infinity) }),
          fc.record({ perInstant: fc.constant(1), waiting: fc.integer({ min: 2, max: 200 }) }),
        ),
        async (runCount, movements, { perInstant, waiting }) => {
          const history = createHistory(runCount, perInstant, (number) => number % waiting > 0);
          const atTheStart = history.runs.map(({ id }) => id);
          const seen: string[] = [];
          let position: HistoryPosition | null = null;
          let reader = createHistoryReader(history.readWindow, null);
          for (const { started, wanted, anew } of movements) {
            if (anew) reader = createHistoryReader(history.readWindow, position);
            const entries = await reader.next(wanted);
            seen.push(...idsOf(entries));
            position = entries.at(-1)?.position ?? position;
            // Before the first run is read there is no position: a run that starts then is simply newer.
            if (position) for (let count = 0; count < started; count += 1) history.start();
          }
          for (;;) {
            const entries = await reader.next(100);
            if (entries.length === 0) break;
            seen.push(...idsOf(entries));
          }
          expect(seen).toEqual(atTheStart);
        },
      ),
    );
  });

  it('continues behind deleted runs, and always ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 150 }),
        fc.infiniteStream(fc.nat(149)),
        fc.integer({ min: 1, max: 40 }),
        async (runCount, deletions, wanted) => {
          const history = createHistory(runCount);
          const reader = createHistoryReader(history.readWindow, null);
          const seen: string[] = [];
          for (let turn = 0; turn <= runCount && !reader.isAtEnd; turn += 1) {
            const entries = await reader.next(wanted);
            if (entries.length === 0) break;
            seen.push(...idsOf(entries));
            const [at = 0] = deletions.take(1);
            history.runs.splice(at % Math.max(1, history.runs.length), 3);
          }
          expect(new Set(seen).size).toBe(seen.length);
          for (const { id } of history.runs) expect(seen).toContain(id);
        },
      ),
    );
  });

  it('answers from the window at hand where stale windows contradict one another', async () => {
    const { runs } = createHistory(300);
    let reads = 0;
    const reader = createHistoryReader((offset, limit) => {
      reads += 1;
      // The first window is two runs newer than all others.
      const moment = offset === 0 ? [runRecord({ id: 'run-302' }), runRecord({ id: 'run-301' }), ...runs] : runs;
      const records = moment.slice(offset, offset + limit).map((run) => runRecord(run));
      return Promise.resolve({ records, isStale: true });
    }, null);
    expect(idsOf(await reader.next(100))).toHaveLength(100);
    expect(idsOf(await reader.next(100))[0]).toBe('run-201');
    expect(reads).toBeLessThanOrEqual(5);
  });

  it('looks up in the history for an anchor far behind its end, and once at its beginning', async () => {
    const history = createHistory(20);
    const position = { runId: 'gone', offset: 1_000_000, startMicros: null };
    const reader = createHistoryReader(history.readWindow, position);
    expect(await reader.next(1)).toHaveLength(20);
    expect(history.windows).toEqual(['1000000 2', '999901 100', '0 100']);
  });

  it('looks for an anchor that has moved in one direction, from what is cached', async () => {
    const history = createHistory(2000);
    const position = (await createHistoryReader(history.readWindow, null).next(1))[0]?.position ?? null;
    const areAnew: boolean[] = [];
    const nextBehind = async (position: HistoryPosition | null) => {
      [history.windows.length, areAnew.length] = [0, 0];
      const reader = createHistoryReader((offset, limit, isAnew) => {
        areAnew.push(isAnew);
        return history.readWindow(offset, limit, isAnew);
      }, position);
      return idsOf(await reader.next(1))[0];
    };
    for (let count = 0; count < 250; count += 1) history.start();
    expect(await nextBehind(position)).toBe('run-1999');
    expect(history.windows).toEqual(['0 2', '1 100', '100 100', '199 100']);
    expect(areAnew).not.toContain(true);
    history.runs.splice(0, 350);
    expect(await nextBehind({ runId: 'run-400', offset: 1850, startMicros: at(400 * 1000).epochMicros })).toBe(
      'run-399',
    );
    expect(history.windows).toEqual(['1850 2', '1751 100', '1652 100', '1553 100', '1454 100']);
    expect(areAnew).not.toContain(true);
  });

  it('looks further up also in windows that are stale', async () => {
    const history = createHistory(20);
    const stale: ReadWindow = async (...given) => ({ ...(await history.readWindow(...given)), isStale: true });
    const position = { runId: 'run-10', offset: 10, startMicros: at(10 * 1000).epochMicros };
    history.runs.splice(0, 5);
    expect(idsOf(await createHistoryReader(stale, position).next(2)).slice(0, 2)).toEqual(['run-9', 'run-8']);
  });

  it('is lost where an upstream answers each window with the newest runs, and tells where another reader may go on', async () => {
    const { runs, windows, readWindow } = createHistory(200);
    const reader = createHistoryReader((_offset, limit, isAnew) => readWindow(0, limit, isAnew), null);
    expect(await reader.next(100)).toHaveLength(100);
    expect([await reader.next(100), await reader.next(100)]).toEqual([[], []]);
    expect([reader.isLost, reader.isAtEnd, windows.length]).toEqual([true, false, 3 + MAX_SEARCHES]);
    expect(reader.isAstray).toBe(true);
    expect(reader.position).toMatchObject({ runId: runs[99]?.id, offset: 99 * (3 + MAX_SEARCHES) });
  });

  describe('while the history moves between any two windows, and cached ones are of any age', () => {
    const movements = fc.array(
      fc.record({
        started: fc.oneof(fc.nat(3), fc.nat(250)),
        deleted: fc.oneof(fc.constant(0), fc.nat(120)),
        place: fc.nat(),
        hasExpired: fc.boolean(),
      }),
      { maxLength: 60 },
    );

    /** Moves on with each window that is read, then rests. A window is cached until it expires, or is to be read anew. */
    function createMovingHistory(runCount: number, moves: typeof movements extends fc.Arbitrary<infer M> ? M : never) {
      const history = createHistory(runCount);
      const throughout = new Set(history.runs.map(({ id }) => id));
      const cached = new Map<string, Awaited<ReturnType<ReadWindow>>>();
      let reads = 0;
      const readWindow: ReadWindow = async (offset, limit, isAnew) => {
        const { started, deleted, place, hasExpired } = moves[reads] ?? REST;
        reads += 1;
        if (reads > 10_000) throw new Error('no end is in sight');
        for (let count = 0; count < started; count += 1) history.start();
        const gone = history.runs.splice(place % (history.runs.length + 1), deleted);
        for (const { id } of gone) throughout.delete(id);
        const key = `${offset} ${limit}`;
        const window = isAnew || hasExpired ? undefined : cached.get(key);
        const answer = window ?? (await history.readWindow(offset, limit, isAnew));
        cached.set(key, answer);
        return answer;
      };
      return { throughout, readWindow, reads: () => reads };
    }
    const REST = { started: 0, deleted: 0, place: 0, hasExpired: false };

    it('repeats no run, skips none that is there throughout, and reads a bounded number of windows', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(600), movements, fc.integer({ min: 1, max: 100 }), async (runCount, moves, wanted) => {
          const { throughout, readWindow, reads } = createMovingHistory(runCount, moves);
          for (let pass = 1; pass <= 3; pass += 1) {
            const seen: string[] = [];
            let position: HistoryPosition | null = null;
            for (let isDone = false; !isDone;) {
              const before = reads();
              const reader = createHistoryReader(readWindow, position);
              let calls = 0;
              for (; !reader.isAtEnd && !reader.isLost; calls += 1) seen.push(...idsOf(await reader.next(wanted)));
              expect(reads() - before).toBeLessThanOrEqual(2 * calls + MAX_SEARCHES);
              ({ position, isAtEnd: isDone } = reader);
            }
            expect(new Set(seen).size).toBe(seen.length);
            expect([...throughout].filter((id) => !seen.includes(id))).toEqual([]);
          }
        }),
      );
    });
  });
});
