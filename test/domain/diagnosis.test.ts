import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChangePoint } from '../../src/domain/changes/changes.ts';
import { diagnosisMarkdown, headlineOf, type DiagnosisText, type Occurrence } from '../../src/domain/run/diagnosis.ts';
import { anyCharacter } from '../harness/any-character.ts';
import { at } from './facts.ts';

const occurrence: Occurrence = {
  ...{ firstSeenAt: at(0), firstSeenIsExact: true, returnedAt: null, state: 'NEW', count: 5, finishedCount: 31 },
};
const failure = { nodeId: 'enrich', message: "KeyError: 'sku_v1'", code: null };

describe('the headline of a diagnosis', () => {
  it.each([
    [{}, {}, "`enrich` failed with KeyError: 'sku_v1'; new since 2025-03-13T02:41:00Z, in 4 of the 30 runs before it"],
    [
      {},
      { state: 'ONGOING' as const },
      "`enrich` failed with KeyError: 'sku_v1'; since 2025-03-13T02:41:00Z, in 4 of the 30 runs before it",
    ],
    [
      { nodeId: null, message: null, code: 'E7' },
      { state: 'ONGOING' as const, firstSeenIsExact: false },
      'The run failed with E7; since 2025-03-13T02:41:00Z or earlier, in 4 of the 30 runs before it',
    ],
    [{ message: null }, { firstSeenAt: null, count: 2, finishedCount: 2 }, '`enrich` failed; in the run before it'],
    [{ message: null }, { count: 1, finishedCount: 1 }, '`enrich` failed; new with this run'],
    [
      { message: null },
      { count: 1, finishedCount: 1, state: 'ONGOING' as const, firstSeenIsExact: false },
      '`enrich` failed; first seen in this run or earlier',
    ],
    [
      { nodeId: 'a`b\n', message: 'Traceback (most recent call last):\n  File "x"\nKeyError: 7\n' },
      {},
      "`a'b` failed with KeyError: 7; new since 2025-03-13T02:41:00Z, in 4 of the 30 runs before it",
    ],
  ])('is derived from %j with %j', (failed, seen, expected) => {
    expect(headlineOf({ ...failure, ...failed }, { ...occurrence, ...seen })).toBe(expected);
  });

  it('claims nothing about other runs if none could be examined', () => {
    expect(headlineOf(failure, null)).toBe("`enrich` failed with KeyError: 'sku_v1'");
  });

  it('is one line of bounded length', () => {
    const headline = headlineOf({ nodeId: 'n'.repeat(999), message: 'e'.repeat(999), code: null }, occurrence);
    expect(headline.length).toBeLessThan(350);
  });
});

describe('the Markdown of a diagnosis', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('`', '```', '\n', '<a>', '[x](y)', 'é', ' '), anyCharacter),
    maxLength: 40,
  });
  const change = fc
    .record({ nodeId: fc.option(text), before: fc.option(text), after: fc.option(text) })
    .map((fields): ChangePoint => ({ ...fields, at: at(1), kind: 'PROMPT', runId: 'r2', previousRunId: 'r1' }));
  const diagnosis: fc.Arbitrary<DiagnosisText> = fc.record({
    headline: text.map((line) => headlineOf({ ...failure, message: line }, occurrence)),
    failure: fc.record({ nodeId: fc.option(text), message: fc.option(text), code: fc.option(text) }),
    runId: text,
    workflow: fc.record({ id: text, name: fc.option(text) }),
    runsExamined: fc.integer({ min: 1 }),
    changes: fc.array(change, { maxLength: 3 }),
    commonInputs: fc.array(text, { maxLength: 3 }),
    alike: fc.array(text, { maxLength: 20 }),
    baseline: fc.option(fc.record({ runId: text, isBeforeChange: fc.boolean() })),
    links: fc.constantFrom([], [{ name: 'Run', url: 'https://example.com/' }]),
  });

  /** Lines outside of fences. Throws for a fence that is not closed. */
  function outside(markdown: string): string[] {
    const found: string[] = [];
    let fence: string | null = null;
    for (const line of markdown.split('\n')) {
      if (fence === null && line.startsWith('```')) fence = line.replace('text', '');
      else if (fence === line) fence = null;
      else if (fence === null) found.push(line);
    }
    expect(fence).toBeNull();
    return found.filter((line) => line !== '');
  }

  it('fences all strings from the upstream, and respects the size limit', () => {
    fc.assert(
      fc.property(diagnosis, fc.integer({ min: 1, max: 1200 }), (given, maxBytes) => {
        const markdown = diagnosisMarkdown(given)(maxBytes);
        expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(maxBytes);
        expect(markdown.isWellFormed()).toBe(true);
        for (const line of outside(markdown)) {
          expect(line).toMatch(
            /^(?:Judged by this run(?: alone| and \d+ before it)\.|Changed shortly before:|The failed runs have in common \(not necessarily the cause\):|Run: <\S+>)$/,
          );
        }
      }),
    );
  });

  const whole: DiagnosisText = {
    headline: headlineOf(failure, occurrence),
    failure: { ...failure, message: 'the model did not answer' },
    runId: 'r2',
    workflow: { id: 'wf', name: null },
    runsExamined: 31,
    changes: [],
    commonInputs: [],
    alike: [],
    baseline: { runId: 'r1', isBeforeChange: true },
    links: [],
  };
  const changed = { at: at(1), kind: 'PROMPT', runId: 'r2', previousRunId: 'r1' } as const;

  it.each([15, 16, 17, 1200])('shows an error with %i backticks in full', (count) => {
    const markdown = diagnosisMarkdown({ ...whole, failure: { ...failure, message: `a ${'`'.repeat(count)} b` } })(
      1000,
    );
    expect(outside(markdown)).toEqual(['Judged by this run and 30 before it.']);
    for (const part of [whole.headline, 'a ```', 'run       r2', 'compare   r1']) expect(markdown).toContain(part);
  });

  it('names at most 9 other runs with the same failure', () => {
    const alike = Array.from({ length: 12 }, (_, number) => `s${number}`);
    expect(diagnosisMarkdown({ ...whole, alike })(1000)).toContain(
      'alike     s0, s1, s2, s3, s4, s5, s6, s7, s8 and 3 more\n',
    );
  });

  it.each([
    [null, 'workflow  wf'],
    ['wf', 'workflow  wf'],
    ['Order\ntriage', 'workflow  Order triage  (wf)'],
  ])('names the workflow %j, the node and the error code', (name, expected) => {
    const given = { ...whole, workflow: { id: 'wf', name }, failure: { ...failure, code: 'E7' } };
    expect(diagnosisMarkdown(given)(1000)).toContain(
      [expected, 'run       r2', 'node      enrich', 'code      E7', 'compare   r1'].join('\n'),
    );
  });

  it('names at most 100 changes', () => {
    const changes = Array.from({ length: 3000 }, (_, node): ChangePoint => {
      return { ...changed, nodeId: `n${node}`, before: '\n'.repeat(300), after: null };
    });
    const markdown = diagnosisMarkdown({ ...whole, changes })(1_000_000);
    expect(markdown.match(/^Prompt of n\d+/gm)).toHaveLength(100);
    expect(markdown).toMatch(/^… and 2900 more\n[^]*compare {3}r1/m);
  });

  it('is cut at the end of a line', () => {
    fc.assert(
      fc.property(diagnosis, fc.integer({ min: 1, max: 1200 }), (given, maxBytes) => {
        const whole = diagnosisMarkdown(given)(100_000).split('\n');
        const cut = diagnosisMarkdown(given)(maxBytes).split('\n');
        const isClosing = (line: string): boolean => /^`{3,}$/.test(line);
        while (cut.length > 0 && (cut.at(-1) === '' || isClosing(cut.at(-1) ?? ''))) cut.pop();
        expect(cut).toEqual(whole.slice(0, cut.length));
      }),
    );
  });
});
