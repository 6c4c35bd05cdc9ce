import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureGroups, type FailedRun } from '../../src/domain/run/failure-groups.ts';
import { likeness } from '../../src/domain/run/likeness.ts';
import { anyCharacter } from '../harness/any-character.ts';
import { at, ran, runOf, runRecord } from '../support/facts.ts';
import { arbitraryMessage } from './messages.ts';

describe('the likeness of a message', () => {
  it.each([
    ['accepts 32768 tokens, got 35120', 'accepts <number> tokens, got <number>'],
    ['took 1.5 s of 2,000 s', 'took <number> s of <number> s'],
    ['connect ETIMEDOUT 10.20.4.11:5432', 'connect ETIMEDOUT <number>:<number>'],
    ['documents-v7[3] is read-only', 'documents-v<number>[<number>] is read-only'],
    ['run 550e8400-e29b-41d4-a716-446655440000 is gone', 'run <id> is gone'],
    ['at 0xdeadbeef in 9f86d081884c7d65', 'at <id> in <id>'],
    ['req_011CSHoEeqs5C35K2UUqR7Fy failed', 'req_<id> failed'],
    ['no model "auto" or \'large\' or `x`', 'no model <text> or <text> or <text>'],
    ["it can't be read, don't retry", "it can't be read, don't retry"],
    ['GET https://api.example.com/v1/x?id=7 said no', 'GET <url> said no'],
    ['since 2026-11-25T18:04:34.120Z and 2026-11-25 18:04:34+01:00', 'since <time> and <time>'],
    ['on 2026-11-25 at 18:04', 'on <time> at <time>'],
    ['context_length_exceeded', 'context_length_exceeded'],
    ['deadbeef is a word, facade too', 'deadbeef is a word, facade too'],
    ['  two\n lines  ', 'two lines'],
    [' first\nand second', 'first and second'],
  ])('of %j is %j', (message, alike) => {
    expect(likeness(message)).toBe(alike);
  });

  it('of a Python traceback is the error below its frames', () => {
    const frames = Array.from({ length: 60 }, (_, line) => `  File "/srv/app.py", line ${line}, in call\n    call()\n`);
    const traceback = (error: string) => `Traceback (most recent call last):\n${frames.join('')}${error}\n`;
    expect(likeness(traceback('KeyError: 7'))).toBe('KeyError: <number>');
    expect(likeness(traceback('ValidationError: 2 errors\n  name: missing'))).toBe(
      'ValidationError: <number> errors name: missing',
    );
    const chained = `${traceback('KeyError: 7')}\nDuring handling of the above exception, another exception occurred:\n\n`;
    expect(likeness(`${chained}${traceback('TimeoutError')}`)).toBe('TimeoutError');
    expect(likeness('Traceback (most recent call last)')).toBe('Traceback (most recent call last)');
    // Cut before its error.
    expect(likeness(traceback('').trimEnd())).toMatch(
      /^Traceback \(most recent call last\): File <text>, line <number>/,
    );
    expect(likeness('no traceback, but\n  File "/srv/app.py"\nwas lost')).toBe(
      'no traceback, but File <text> was lost',
    );
  });

  it('has a word for each part that differs between runs, and keeps all others', () => {
    fc.assert(
      fc.property(arbitraryMessage, ({ said, alike }) => {
        expect(likeness(said)).toBe(alike);
      }),
      { numRuns: 1000 },
    );
  });

  it('is cut where it is long', () => {
    const [whole, long] = ['x'.repeat(500), 'x'.repeat(501)];
    expect([likeness(whole), likeness(long)]).toEqual([whole, `${whole}…`]);
    // The end of the quotation is not read.
    expect(likeness(`"${'x'.repeat(2000)}"`)).toBe(`"${'x'.repeat(499)}…`);
  });

  it('of any text is short, and takes no time', () => {
    for (const hostile of [
      'a.'.repeat(1e6),
      "'".repeat(1e6),
      '1'.repeat(1e6),
      'f'.repeat(1e6),
      'a1'.repeat(1e6),
      '0-'.repeat(1e6),
    ]) {
      const start = process.cpuUsage().user;
      expect(likeness(hostile).length).toBeLessThanOrEqual(501);
      expect(process.cpuUsage().user - start).toBeLessThan(500_000);
    }
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 3000 }), (text) => {
        expect(likeness(text).length).toBeLessThanOrEqual(501);
      }),
    );
  });
});

const error = (message: string, code: string | null = null) => JSON.stringify({ message, code });

/** A run that started at so many seconds and failed at a node. */
const failed = (
  id: string,
  start: number,
  nodeId: string,
  message: string | null,
  code: string | null = null,
): FailedRun => ({
  record: runRecord({ id, rawStatus: 'failed', startTime: at(start), endTime: at(start + 5) }),
  run: runOf([ran(nodeId, start, start + 5, 'failed', { error: message === null ? null : error(message, code) })]),
});

describe('failure groups', () => {
  it('gather runs that failed alike at the same node, the largest group first', () => {
    const groups = failureGroups([
      failed('r5', 50, 'send', 'timeout after 30 s'),
      failed('r4', 40, 'model', 'got 35120 tokens', 'too_long'),
      failed('r3', 30, 'model', 'got 40000 tokens', 'too_long'),
      failed('r2', 20, 'model', 'got 40000 tokens', 'other'),
      failed('r1', 10, 'draft', 'got 40000 tokens', 'too_long'),
    ]);
    expect(groups).toEqual([
      {
        nodeId: 'model',
        message: 'got <number> tokens',
        code: 'too_long',
        count: 2,
        firstSeenAt: at(30),
        lastSeenAt: at(40),
        runIds: ['r4', 'r3'],
      },
      {
        nodeId: 'send',
        message: 'timeout after <number> s',
        code: null,
        count: 1,
        firstSeenAt: at(50),
        lastSeenAt: at(50),
        runIds: ['r5'],
      },
      expect.objectContaining({ nodeId: 'model', code: 'other', count: 1, runIds: ['r2'] }),
      expect.objectContaining({ nodeId: 'draft', code: 'too_long', count: 1, runIds: ['r1'] }),
    ]);
  });

  it('go by the failed step that ended first among the latest executions', () => {
    const run = runOf([
      // Retried with success.
      ran('flaky', 0, 1, 'failed', { error: 'no' }),
      ran('flaky', 2, 3),
      // Failed in a parallel execution that another one followed.
      ran('map', 0, 5, 'failed', { error: 'old' }),
      ran('map', 1, 6, 'failed', { error: 'new' }),
      ran('late', 2, 9, 'failed', { error: 'late' }),
    ]);
    const record = runRecord({ id: 'r', rawStatus: 'failed' });
    expect(failureGroups([{ record, run }])).toMatchObject([{ nodeId: 'map', message: 'new' }]);
  });

  it('take the error of the run where no step failed, or its steps are gone', () => {
    const record = (id: string) =>
      runRecord({ id, rawStatus: 'failed', error: 'Out of credits: 7 left', startTime: null });
    expect(
      failureGroups([
        { record: record('r1'), run: runOf([ran('a', 3, 4)]) },
        { record: record('r2'), run: null },
        { record: runRecord({ id: 'r3', rawStatus: 'failed' }), run: null },
      ]),
    ).toEqual([
      {
        nodeId: null,
        message: 'Out of credits: <number> left',
        code: null,
        count: 2,
        firstSeenAt: at(3),
        lastSeenAt: at(3),
        runIds: ['r1', 'r2'],
      },
      { nodeId: null, message: null, code: null, count: 1, firstSeenAt: at(0), lastSeenAt: at(0), runIds: ['r3'] },
    ]);
  });

  it('partition the runs, whatever the order: each group is alike, and no two are', () => {
    const run = fc
      .record({
        start: fc.option(fc.nat(50)),
        node: fc.constantFrom('a', 'b', null),
        message: fc.constantFrom('no 1', 'no 2', 'yes', null),
        code: fc.constantFrom('x', null),
        number: fc.nat(9),
      })
      .map(({ start, node, message, code }) => ({ start, node, message, code }));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (drafts) => {
        const runs = drafts.map(({ start, node, message, code }, index): FailedRun => ({
          record: runRecord({ id: `r${index}`, rawStatus: 'failed', startTime: start === null ? null : at(start) }),
          run:
            node === null
              ? null
              : runOf([ran(node, 0, 1, 'failed', { error: message === null ? null : error(message, code) })]),
        }));
        const groups = failureGroups(runs);
        expect(groups.flatMap(({ runIds }) => runIds).sort()).toEqual(runs.map(({ record }) => record.id).sort());
        for (const { count, runIds } of groups) expect(runIds).toHaveLength(count);
        const names = groups.map(({ nodeId, message, code }) => JSON.stringify([nodeId, message, code]));
        expect(new Set(names).size).toBe(names.length);
        for (const { runIds, firstSeenAt, lastSeenAt } of groups) {
          // That of the record, else that of the only step.
          const starts = drafts.flatMap(({ start, node }, index) =>
            runIds.includes(`r${index}`) ? (start ?? (node === null ? [] : 0)) : [],
          );
          expect(firstSeenAt).toEqual(starts.length > 0 ? at(Math.min(...starts)) : null);
          expect(lastSeenAt).toEqual(starts.length > 0 ? at(Math.max(...starts)) : null);
        }
        const keys = groups.map(({ count, lastSeenAt, nodeId, code, message }) => [
          -count,
          -(lastSeenAt?.epochMicros ?? 0),
          JSON.stringify([nodeId, code, message]),
        ]);
        expect(keys).toEqual(
          keys.toSorted((a, b) => {
            const differing = a.findIndex((value, i) => value !== b[i]);
            return (a[differing] ?? 0) < (b[differing] ?? 0) ? -1 : 1;
          }),
        );
        const reversed = failureGroups(runs.toReversed());
        expect(reversed.map((group) => ({ ...group, runIds: group.runIds.toReversed() }))).toEqual(groups);
      }),
    );
  });
});
