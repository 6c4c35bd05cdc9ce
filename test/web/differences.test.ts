import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationText, jsonText } from '../../src/web/comparison/compared-text.ts';
import { diffLines, type Line } from '../../src/web/comparison/diff-lines.ts';
import { withChanged } from '../../src/web/run/changed-steps.ts';

const textOf = ({ parts }: Line) => parts.map(({ text }) => text).join('');

describe('the differences of two texts', () => {
  const lines = fc.array(fc.constantFrom('a', 'b b', 'b c', 'd', ''), { maxLength: 12 }).map((all) => all.join('\n'));

  it('are none of equal texts, and else lead from one to the other', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const hunks = diffLines(before, after) ?? [];
        expect(hunks.length === 0).toBe(before === after);
        const all = hunks.flatMap((hunk) => hunk.lines);
        const side = (other: Line['kind']) => all.filter(({ kind }) => kind !== other).map(textOf);
        // Few lines: each hunk has its surroundings, and only lines that are the same are left out.
        const left = before.split('\n').length - side('added').length;
        expect(after.split('\n').length - side('removed').length).toBe(left);
      }),
    );
  });

  it('mark the words that changed in a line', () => {
    const [hunk] = diffLines('keep\nthe old word', 'keep\nthe new word') ?? [];
    expect(
      hunk?.lines.map(({ kind, parts }) => [kind, parts.filter((part) => part.isChanged).map(({ text }) => text)]),
    ).toEqual([
      ['same', []],
      ['removed', ['old']],
      ['added', ['new']],
    ]);
  });

  it('are given up where there are too many', () => {
    const many = (word: string) => Array.from({ length: 30_000 }, (_, index) => `${word} ${index}`).join('\n');
    expect(diffLines(many('a'), many('b'))).toBeNull();
  });
});

describe('what is compared', () => {
  it('is JSON with its keys in order and the lines of its texts apart', () => {
    expect(jsonText({ b: 1, a: 'x\ny\\n' })).toBe('{\n  "a": "x\\n\ny\\\\n",\n  "b": 1\n}');
    expect([jsonText(null), jsonText(undefined), jsonText('text')]).toEqual(['', '', 'text']);
  });

  it('is a conversation, what was asked apart from what was answered', () => {
    const message = { content: 'Hi', isOutput: false, toolCalls: [] };
    const conversation = {
      messages: [
        { ...message, role: 'user' },
        { ...message, role: 'assistant', content: null, isOutput: true, toolCalls: [{ name: 'f', arguments: '{}' }] },
      ],
    };
    expect(conversationText(conversation, false)).toBe('[user]\nHi\n');
    expect(conversationText(conversation, true)).toBe('[assistant]\ncalls f({})\n');
    expect(conversationText(null, true)).toBe('');
  });
});

describe('the changed steps of a live run', () => {
  interface Held {
    readonly id: string;
    readonly offsetMs: number | null;
    readonly word: string;
  }
  const merge = (held: readonly (Held | null)[], changed: readonly Held[]) =>
    withChanged(held, changed, (step) => step);
  const held = (id: string, offsetMs: number | null, word = 'old'): Held => ({ id, offsetMs, word });

  it('take their places, new ones by start, and those that can not be read stay last', () => {
    const before = [held('a', 0), held('c', 20), held('waiting', null), null];
    const changed = [held('b', 10, 'new'), held('c', 20, 'new'), held('waiting', 5, 'new')];
    expect(merge(before, changed)).toEqual([held('a', 0), changed[2], changed[0], changed[1], null]);
    expect(merge([], changed).map((step) => step?.id)).toEqual(['waiting', 'b', 'c']);
  });

  it('come to the same in one event or in several', () => {
    const steps = fc.uniqueArray(
      fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), offsetMs: fc.nat(3), word: fc.string() }),
      {
        selector: ({ id }) => id,
      },
    );
    fc.assert(
      fc.property(steps, steps, steps, (first, second, third) => {
        const all = [...first, ...second, ...third];
        const latest = [...new Map(all.map((step) => [step.id, step])).values()];
        const byId = (list: readonly (Held | null)[]) =>
          list.toSorted((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1));
        const merged = merge(merge(first, second), third);
        expect(byId(merged)).toEqual(byId(latest));
        const starts = merged.map((step) => step?.offsetMs ?? 0);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      }),
    );
  });
});
