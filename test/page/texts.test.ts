import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from '../../src/web/comparison/compared-text.ts';
import { diffLines, type Line } from '../../src/web/comparison/diff-lines.ts';
import { isRendered } from '../../src/web/conversation/rendering.ts';
import { formatAgo } from '../../src/web/time/ago.ts';
import { formatDelta, formatDuration } from '../../src/web/format/duration.ts';
import { formatBytes, formatCost, formatCount, formatShare, formatSigned } from '../../src/web/format/numbers.ts';
import { prettyJson } from '../../src/web/json/exact-json.ts';
import { createJsonNodes, previewOf, ROOT } from '../../src/web/json/json-nodes.ts';
import { excerptOf, headlineOf } from '../../src/web/text/excerpt.ts';

describe('a formatted number', () => {
  it.each([
    [formatDuration(0), '0 ms'],
    [formatDuration(999.4), '999 ms'],
    [formatDuration(999.6), '1.00 s'],
    [formatDuration(9996), '10.0 s'],
    [formatDuration(59_950), '1 min 00 s'],
    [formatDuration(3_599_999), '1 h 00 min'],
    [formatDuration(90_000_000), '1 d 01 h'],
    [formatDuration(-1610), '−1.61 s'],
    [formatDuration(null), 'not reported'],
    [formatDuration(null, 'none'), 'none'],
    [formatDelta(12), '+12 ms'],
    [formatDelta(-12), '−12 ms'],
    [formatCount(1950), '1,950'],
    [formatCount(null), 'not reported'],
    [formatSigned(-2579), '−2,579'],
    [formatShare(0.714), '71%'],
    [formatBytes(1000), '1.0 kB'],
    [formatBytes(5_241_000), '5.2 MB'],
    [formatCost(0, 'USD'), '$0.00'],
    [formatCost(0.000123, 'USD'), '$0.00012'],
    [formatCost(12.345, 'USD'), '$12.35'],
    [formatCost(null, 'USD'), 'not priced'],
  ])('%s is formatted as %s', (formatted, text) => {
    expect(formatted).toBe(text);
  });
});

describe('a JSON value as a tree', () => {
  it('shows a long list in parts, and parts of parts', () => {
    const nodes = createJsonNodes(Array.from({ length: 12_345 }, (_, index) => index));
    const parts = nodes.children(ROOT);
    expect(parts.map((id) => nodes.node(id).label)).toEqual(['0 … 9999', '10000 … 12344']);
    const inner = nodes.children(parts[1] ?? '').at(-1) ?? '';
    expect(nodes.node(inner).label).toBe('12300 … 12344');
    const last = nodes.node(nodes.children(inner).at(-1) ?? '');
    expect([last.label, last.value]).toEqual(['12344', 12_344]);
  });

  it('expands a string that contains JSON, and no other string', () => {
    const nodes = createJsonNodes({ a: '{"b":[1]}', c: '[broken', d: '7', e: '{}' });
    const [a = '', ...others] = nodes.children(ROOT);
    expect(nodes.children(a).map((id) => nodes.node(id).label)).toEqual(['b']);
    expect(others.flatMap((id) => nodes.children(id))).toEqual([]);
  });

  it('neither rounds nor loses a number in a JSON string', () => {
    const nodes = createJsonNodes('{"id":-12345678901234567890,"share":0.1,"most":1.5e300,"beyond":-1e400}');
    const previews = nodes.children(ROOT).map((id) => previewOf(nodes.node(id)));
    expect(previews).toEqual(['"-12345678901234567890"', '0.1', '1.5e+300', '"-1e400"']);
    expect(prettyJson('{"id":12345678901234567890,"at":[1e400]}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "at": [\n    1e400\n  ]\n}',
    );
  });
});

describe('a long error', () => {
  const frames = Array.from({ length: 60 }, (_, index) => `  File "/srv/step_${index}.py", line ${index}, in run`);
  const python = ['Traceback (most recent call last):', ...frames, 'ValueError: no rows'].join('\n');
  const java = [
    'java.lang.IllegalStateException: no rows',
    ...frames.map(() => '\tat org.example.Step.run(Step.java:1)'),
  ].join('\n');
  const limits = { lines: 12, characters: 1200 };

  it('shows the end with its message', () => {
    const last = excerptOf(python, limits);
    expect([last.cut, last.lineCount, last.text.split('\n').at(-1)]).toEqual(['before', 62, 'ValueError: no rows']);
    const first = excerptOf(java, limits);
    expect([first.cut, first.text.split('\n')[0]]).toEqual(['after', 'java.lang.IllegalStateException: no rows']);
    expect(excerptOf('short', limits)).toEqual({ text: 'short', cut: null, lineCount: 1 });
    expect(excerptOf('x'.repeat(5000), limits).text).toHaveLength(1200);
  });

  it.each([
    [python, 'ValueError: no rows'],
    [java, 'java.lang.IllegalStateException: no rows'],
    ['\n one\ntwo', 'one'],
    ['', ''],
  ])('has a headline', (text, headline) => {
    expect(headlineOf(text)).toBe(headline);
  });
});

describe('a message of a model', () => {
  it('is rendered as Markdown', () => {
    const texts = ['# Title\n\n- one\n  - two\n\n> quoted\n>> twice', '---', '***bold***', '* * *', '1. a\n2. b'];
    expect(texts.filter((text) => !isRendered(text))).toEqual([]);
  });

  it.each([
    ['quotes in quotes', '>'.repeat(3000)],
    ['lists in lists', '- '.repeat(50)],
    ['numbered lists in lists', '1. '.repeat(20)],
    ['quotes in quotes after a line', `text\n${'> '.repeat(12)}deep`],
    ['ten thousand characters', 'x'.repeat(10_001)],
  ])('stays plain if rendering would keep the page busy: %s', (_, text) => {
    expect(isRendered(text)).toBe(false);
  });
});

describe('the differences of two strings', () => {
  const texts = fc.array(fc.constantFrom('a', 'b b', 'b c', 'd', ''), { maxLength: 12 }).map((all) => all.join('\n'));

  it('turn one into the other, and are empty for equal ones', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const hunks = diffLines(before, after) ?? [];
        expect(hunks.length === 0).toBe(before === after);
        const all = hunks.flatMap((hunk) => hunk.lines);
        const countWithout = (kind: Line['kind']) => all.filter((line) => line.kind !== kind).length;
        // Only equal lines are left out.
        const leftOut = before.split('\n').length - countWithout('added');
        expect(after.split('\n').length - countWithout('removed')).toBe(leftOut);
      }),
    );
  });

  it('are not computed if too many lines differ', () => {
    const many = (word: string) => Array.from({ length: 30_000 }, (_, index) => `${word} ${index}`).join('\n');
    expect(diffLines(many('a'), many('b'))).toBeNull();
  });

  it('compare JSON with sorted keys, one line per line of strings', () => {
    expect(jsonText({ b: 1, a: 'x\ny\\n' })).toBe('{\n  "a": "x\\n\ny\\\\n",\n  "b": 1\n}');
    expect([jsonText(null), jsonText(undefined), jsonText('text')]).toEqual(['', '', 'text']);
  });
});

describe('the time since', () => {
  const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();

  it.each([
    ['now', at(30, 9), at(30, 9)],
    ['59 minutes ago', at(30, 8, 1), at(30, 9)],
    ['23 hours ago', at(29, 9, 1), at(30, 9)],
    ['yesterday', at(29, 9), at(30, 9)],
    ['2 days ago', at(28, 10), at(30, 9)],
    ['7 days ago', at(23, 9), at(30, 9)],
  ])('is "%s", in days of the reader', (text, thenMs, nowMs) => {
    expect(formatAgo(thenMs, nowMs)).toBe(text);
  });
});
