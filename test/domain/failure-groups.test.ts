import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureGroups, type FailedRun } from '../../src/domain/run/failure-groups.ts';
import { likeness } from '../../src/domain/run/likeness.ts';
import { anyCharacter } from '../harness/any-character.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

describe('the likeness of a message', () => {
  it.each([
    // Numbers.
    ['accepts 32768 tokens, got 35120', 'accepts <number> tokens, got <number>'],
    ['took 1.5 s of 2,000.5 s', 'took <number> s of <number> s'],
    ['connect ETIMEDOUT 10.20.4.11:5432', 'connect ETIMEDOUT <number>:<number>'],
    ['documents-v7[3] is read-only', 'documents-v<number>[<number>] is read-only'],
    // Ids.
    ['run 550e8400-e29b-41d4-a716-446655440000 is gone', 'run <id> is gone'],
    ['at 0xdeadbeef in 9f86d081884C7d65', 'at <id> in <id>'],
    ['0xF, a0xf, 0xfz', '<id>, a<number>xf, <number>xfz'],
    ['abcdef12 and 123456ab', '<id> and <id>'],
    ['abcde12, gabcdef12, abcdef12g', 'abcde<number>, gabcdef<number>, abcdef<number>g'],
    ['req_011CSHoEeqs5C35K2UUqR7Fy failed', 'req_<id> failed'],
    ['ghijklmnopqrstu1 ghijklmnopqrst1', '<id> ghijklmnopqrst<number>'],
    ['1234567812345678 is a number', '<number> is a number'],
    [
      'deadbeef, facade and context_length_exceeded are words',
      'deadbeef, facade and context_length_exceeded are words',
    ],
    ['supercalifragilisticexpialidocious', 'supercalifragilisticexpialidocious'],
    // Quotations.
    ['no "auto" or \'large\' or `x-y` or “y 7” or «z"»', 'no <text> or <text> or <text> or <text> or <text>'],
    ['«open «x 7» “““y”', '«open <text> ““<text>'],
    ["the 'a' and x'y z' and 'y'z", "the <text> and x'y z' and 'y'z"],
    ['"" and "it\'s 7"', '<text> and <text>'],
    ["it can't be read, don't retry", "it can't be read, don't retry"],
    ['"open', '"open'],
    ['"first line\nsecond line"', '"first line second line"'],
    // URLs.
    ['GET https://api.example.com/v1/x?id=7 said no', 'GET <url> said no'],
    ['"s3://bucket/7" (git+ssh://x) <HTTP://y>', '<text> (<url>) <<url>>'],
    // Times.
    ['since 2026-11-25T18:04:34.120Z and 2026-11-25 18:04:34+01:00', 'since <time> and <time>'],
    ['2026-11-25t18:04z, 2026-11-25 18:04:34,5 +0100', '<time>, <time>'],
    ['on 2026-11-25 at 8:04, 18:04:34.5', 'on <time> at <time>, <time>'],
    ['118:04, 8:041 and 2026-11-251', '<number>:<number>, <number>:<number> and <number>-<number>-<number>'],
    // White space.
    ['  two\n lines  ', 'two lines'],
  ])('%j is %j', (message, alike) => {
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
    const cut = traceback('').trimEnd();
    expect(likeness(cut)).toMatch(/^Traceback \(most recent call last\): File <text>, line <number>/);
    expect(likeness('no traceback, but\n  File "/srv/app.py"\nwas lost')).toBe(
      'no traceback, but File <text> was lost',
    );
  });

  it('of any text is at most 500 characters', () => {
    expect([likeness('x'.repeat(500)), likeness('x'.repeat(501))]).toEqual(['x'.repeat(500), `${'x'.repeat(500)}…`]);
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 3000 }), (text) => {
        expect(likeness(text).length).toBeLessThanOrEqual(501);
      }),
    );
  });

  it.each(['a.', "'", '1', 'f', 'a1', '0-'])('of a million times %p is found by its beginning', (part) => {
    const start = process.cpuUsage().user;
    expect(likeness(part.repeat(1e6)).length).toBeLessThanOrEqual(501);
    // For the whole text it would take minutes.
    expect(process.cpuUsage().user - start).toBeLessThan(500_000);
  });
});

interface Draft {
  readonly start: number;
  readonly node: string;
  readonly message: string;
  readonly code: string | null;
}

/** A run that failed at a node. */
const failed = ({ start, node, message, code }: Draft, index: number): FailedRun => ({
  record: runRecord({ id: `r${index}`, rawStatus: 'failed', startTime: at(start) }),
  run: runOf([ran(node, 0, 1, 'failed', { error: JSON.stringify({ message, code }) })]),
});

describe('failure groups', () => {
  it('gather runs that failed alike at the same node', () => {
    const drafts: readonly Draft[] = [
      { start: 40, node: 'model', message: 'got 35120 tokens', code: 'too_long' },
      { start: 20, node: 'model', message: 'got 40000 tokens', code: 'other' },
      { start: 30, node: 'model', message: 'got 40000 tokens', code: 'too_long' },
    ];
    const group = { nodeId: 'model', message: 'got <number> tokens' };
    expect(failureGroups(drafts.map(failed))).toEqual([
      { ...group, code: 'too_long', count: 2, firstSeenAt: at(30), lastSeenAt: at(40), runIds: ['r0', 'r2'] },
      { ...group, code: 'other', count: 1, firstSeenAt: at(20), lastSeenAt: at(20), runIds: ['r1'] },
    ]);
  });

  it('have the error and the start of the record where no step failed or the steps are gone, else of the steps', () => {
    const record = runRecord({ rawStatus: 'failed', error: 'Out of credits: 7 left', startTime: null });
    const group = { nodeId: null, message: 'Out of credits: <number> left', code: null };
    expect(failureGroups([{ record, run: runOf([ran('a', 3, 4)]) }])).toMatchObject([{ ...group, firstSeenAt: at(3) }]);
    expect(failureGroups([{ record, run: null }])).toMatchObject([{ ...group, firstSeenAt: null }]);
  });

  it('are each node, message and code once: the largest first, then the one that was seen last', () => {
    const draft = fc.record({
      start: fc.nat(50),
      node: fc.constantFrom('a', 'b'),
      message: fc.constantFrom('no 1', 'no 2', 'yes'),
      code: fc.constantFrom('x', null),
    });
    const nameOf = ({ node, message, code }: Draft) => JSON.stringify([node, code, message.replace(/\d/, '<number>')]);
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 30 }), (drafts) => {
        const expected = [...new Set(drafts.map(nameOf))].map((name) => {
          const runIds = drafts.flatMap((each, index) => (nameOf(each) === name ? [`r${index}`] : []));
          const starts = drafts.filter((each) => nameOf(each) === name).map(({ start }) => start);
          return { name, runIds, first: Math.min(...starts), last: Math.max(...starts) };
        });
        expected.sort((a, b) => b.runIds.length - a.runIds.length || b.last - a.last || (a.name < b.name ? -1 : 1));
        const found = failureGroups(drafts.map(failed)).map(({ nodeId, code, message, count, ...group }) => {
          expect(count).toBe(group.runIds.length);
          return { name: JSON.stringify([nodeId, code, message]), ...group };
        });
        expect(found).toEqual(
          expected.map(({ first, last, ...group }) => ({ ...group, firstSeenAt: at(first), lastSeenAt: at(last) })),
        );
      }),
    );
  });
});
