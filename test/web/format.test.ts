import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isRendered } from '../../src/web/conversation/rendering.ts';
import { formatDelta, formatDuration } from '../../src/web/format/duration.ts';
import { formatBytes, formatCost, formatCount, formatShare, formatSigned } from '../../src/web/format/numbers.ts';
import { prettyJson } from '../../src/web/json/exact-json.ts';
import { createJsonNodes, previewOf, ROOT } from '../../src/web/json/json-nodes.ts';
import { excerptOf, headlineOf } from '../../src/web/text/excerpt.ts';

describe('durations as text', () => {
  it.each([
    [0, '0 ms'],
    [6.34, '6.3 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [8542.2, '8.54 s'],
    [9996, '10.0 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 00 s'],
    [3_599_000, '59 min 59 s'],
    [3_599_999, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
    [90_000_000, '1 d 01 h'],
    [-1610, '−1.61 s'],
    [null, '–'],
  ])('%p is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('have a sign as differences', () => {
    expect([12, 0, -12, null].map(formatDelta)).toEqual(['+12 ms', '0 ms', '−12 ms', '–']);
  });
});

describe('numbers as text', () => {
  it('have their thousands apart, and a dash for what is not known', () => {
    expect([formatCount(1950), formatCount(null), formatSigned(-2579), formatSigned(3), formatShare(0.714)]).toEqual([
      '1,950',
      '–',
      '−2,579',
      '+3',
      '71%',
    ]);
    expect([0, 999, 1000, 689_000, 5_241_000].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '689 kB', '5.2 MB']);
  });
});

describe('a JSON value as a tree', () => {
  it('lists what it is asked for', () => {
    const nodes = createJsonNodes({ a: [1, 'x'], b: null });
    const [a = '', b = ''] = nodes.children(ROOT);
    expect([a, b].map((id) => [nodes.node(id).label, previewOf(nodes.node(id))])).toEqual([
      ['a', '[2]'],
      ['b', 'null'],
    ]);
    expect(nodes.children(a).map((id) => previewOf(nodes.node(id)))).toEqual(['1', '"x"']);
    expect(nodes.children(b)).toEqual([]);
    expect(() => nodes.node('root/7')).toThrow('did not list');
  });

  it('shows a long list in parts, and parts of parts', () => {
    const nodes = createJsonNodes(Array.from({ length: 12_345 }, (_, index) => index));
    const parts = nodes.children(ROOT);
    expect(parts.map((id) => nodes.node(id).label)).toEqual(['0 … 9999', '10000 … 12344']);
    const inner = nodes.children(parts[1] ?? '');
    expect(nodes.node(inner.at(-1) ?? '').label).toBe('12300 … 12344');
    const last = nodes.children(inner.at(-1) ?? '').at(-1) ?? '';
    expect([nodes.node(last).label, nodes.node(last).value]).toEqual(['12344', 12_344]);
  });

  it('unfolds a text that is JSON itself, and leaves any other text alone', () => {
    const nodes = createJsonNodes({ a: '{"b":[1]}', c: '[broken', d: '7', e: '{}' });
    const [a = '', ...others] = nodes.children(ROOT);
    expect([nodes.node(a).isText, previewOf(nodes.node(a))]).toEqual([true, JSON.stringify('{"b":[1]}')]);
    expect(nodes.children(a).map((id) => [nodes.node(id).label, previewOf(nodes.node(id))])).toEqual([['b', '[1]']]);
    for (const id of others) expect([nodes.node(id).isText, nodes.children(id)]).toEqual([false, []]);
  });

  it('rounds no integer of such a text, and loses no number', () => {
    const nodes = createJsonNodes('{"id":-12345678901234567890,"share":0.1,"most":1.5e300,"beyond":-1e400}');
    expect(nodes.children(ROOT).map((id) => previewOf(nodes.node(id)))).toEqual([
      '"-12345678901234567890"',
      '0.1',
      '1.5e+300',
      '"-1e400"',
    ]);
    expect(prettyJson('{"id":12345678901234567890,"at":[1e400]}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "at": [\n    1e400\n  ]\n}',
    );
  });
});

describe('costs as text', () => {
  it('are told to the cent, and below one by their first digits', () => {
    expect([formatCost(0, 'USD'), formatCost(0.000123, 'USD'), formatCost(12.345, 'USD')]).toEqual([
      '$0.00',
      '$0.00012',
      '$12.35',
    ]);
  });

  it('without a price are "not priced"', () => {
    expect(formatCost(null, 'USD')).toBe('not priced');
  });
});

describe('a long text', () => {
  const frames = Array.from({ length: 60 }, (_, index) => `  File "/srv/step_${index}.py", line ${index}, in run`);
  const python = ['Traceback (most recent call last):', ...frames, 'ValueError: no rows'].join('\n');
  const java = [
    'java.lang.IllegalStateException: no rows',
    ...frames.map(() => '\tat org.example.Step.run(Step.java:1)'),
  ];

  it('is told by its last lines, a trace with the latest frame first by its first ones', () => {
    const last = excerptOf(python, { lines: 12, characters: 1200 });
    expect([last.cut, last.lineCount, last.text.split('\n').at(-1)]).toEqual(['before', 62, 'ValueError: no rows']);
    const first = excerptOf(java.join('\n'), { lines: 12, characters: 1200 });
    expect([first.cut, first.text.split('\n')[0]]).toEqual(['after', 'java.lang.IllegalStateException: no rows']);
    expect(excerptOf('short', { lines: 12, characters: 1200 })).toEqual({ text: 'short', cut: null, lineCount: 1 });
    expect(excerptOf('x'.repeat(5000), { lines: 12, characters: 1200 }).text).toHaveLength(1200);
  });

  it('is a trace by one of its lines, whatever lines are around it', () => {
    const line = fc.constantFrom(
      '',
      ' ',
      '\t',
      '\r',
      'at last',
      ' at last',
      '\tat org.example.Step.run',
      'Error: at last',
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 3 }), (lines) => {
        const isTrace = lines.some((one) => /^[ \t]+at /.test(one));
        const { cut } = excerptOf([...lines, 'end'].join('\n'), { lines: 2, characters: 1200 });
        expect(cut).toBe(isTrace ? 'after' : 'before');
      }),
    );
  });

  it('has one line that says most', () => {
    expect([headlineOf(python), headlineOf(java.join('\n')), headlineOf('\n one\ntwo'), headlineOf('')]).toEqual([
      'ValueError: no rows',
      'java.lang.IllegalStateException: no rows',
      'one',
      '',
    ]);
  });
});

describe('a text of a model', () => {
  it('is Markdown unless that would keep the page busy', () => {
    const usual = ['# Title\n\n- one\n  - two\n\n> quoted\n>> twice', '---', '***bold***', '* * *', '1. a\n2. b', ''];
    expect(usual.map(isRendered)).toEqual(usual.map(() => true));
    const hostile = [
      '>'.repeat(3000),
      '- '.repeat(50),
      `text\n${'> '.repeat(12)}deep`,
      '1. '.repeat(20),
      'x'.repeat(10_001),
    ];
    expect(hostile.map(isRendered)).toEqual(hostile.map(() => false));
  });
});
