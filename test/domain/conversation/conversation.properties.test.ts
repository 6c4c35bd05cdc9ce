import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { Conversation } from '../../../src/domain/conversation/message.ts';
import { isJsonArray, isJsonObject } from '../../../src/domain/json.ts';
import type { JsonValue } from '../../../src/domain/types.ts';
import { ANTHROPIC, CHAT, RESPONSES, STREAMS } from './shapes.ts';

const arbitraryJson: fc.Arbitrary<JsonValue> = fc.jsonValue().map((value) => value as JsonValue);

const SHAPES: readonly JsonValue[] = [
  ...[CHAT, RESPONSES, ANTHROPIC].flatMap(({ inputs, outputs }) => [inputs, outputs]),
  ...Object.values<JsonValue>(STREAMS),
];

/** Words that mean something in one of the shapes, so that they meet where no vendor puts them. */
const WORDS = [...new Set(JSON.stringify(SHAPES).match(/"[a-z_.]{2,40}"/g) ?? [])].map((word) => word.slice(1, -1));
const arbitraryWords: fc.Arbitrary<JsonValue> = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...WORDS, '__proto__', 'constructor'),
      fc.constantFrom(null, 0, true, ''),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...WORDS, '__proto__'), tie('value'), { maxKeys: 5 }),
    ),
  }))
  .value.map((value) => value as JsonValue);

/** A real shape in which a part here and there is something else, or gone. */
const arbitraryMutant: fc.Arbitrary<JsonValue> = fc
  .tuple(
    fc.constantFrom(...SHAPES),
    fc.infiniteStream(fc.nat({ max: 30 })),
    fc.infiniteStream(fc.oneof(arbitraryWords, arbitraryJson)),
  )
  .map(([shape, dice, others]) => {
    const next = <T>(stream: Iterator<T>): T => stream.next().value as T;
    const mutate = (value: JsonValue): JsonValue => {
      if (next(dice) === 0) return next(others);
      if (isJsonArray(value)) return value.map(mutate);
      if (!isJsonObject(value)) return value;
      const kept = Object.entries(value).filter(() => next(dice) !== 1);
      return Object.fromEntries(kept.map(([key, each]) => [key, mutate(each)]));
    };
    return mutate(shape);
  });

const arbitraryPayload = fc.oneof(arbitraryJson, arbitraryWords, arbitraryMutant);

function expectInBounds({ messages, omittedMessages, model, finishReason }: Conversation): void {
  const texts: unknown[] = [];
  for (const [at, { index, role, content, toolCalls, toolCallId, ...flags }] of messages.entries()) {
    expect(index).toBe(omittedMessages + at);
    texts.push(content, toolCallId, ...toolCalls.flatMap((call) => [call.id, call.name, call.arguments]));
    expect(typeof role).toBe('string');
    expect(toolCalls.length).toBeLessThanOrEqual(100);
    for (const flag of Object.values(flags)) expect(typeof flag).toBe('boolean');
  }
  for (const text of [...texts, model, finishReason]) {
    expect(text === null || (typeof text === 'string' && text.length <= 100_000)).toBe(true);
  }
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.length).toBeLessThanOrEqual(200);
  expect(omittedMessages).toBeGreaterThanOrEqual(0);
}

describe('a conversation of any JSON', () => {
  it('is null or within its bounds, and never an error', () => {
    fc.assert(
      fc.property(arbitraryPayload, arbitraryPayload, (inputs, outputs) => {
        const read = conversationOf(inputs, outputs);
        if (read) expectInBounds(read);
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same however often it is read, and leaves the payload as it is', () => {
    fc.assert(
      fc.property(arbitraryMutant, arbitraryMutant, (inputs, outputs) => {
        const before = JSON.stringify([inputs, outputs]);
        expect(conversationOf(inputs, outputs)).toEqual(conversationOf(inputs, outputs));
        expect(JSON.stringify([inputs, outputs])).toBe(before);
      }),
    );
  });

  it('never has a long data URL in it', () => {
    fc.assert(
      fc.property(arbitraryMutant, arbitraryMutant, (inputs, outputs) => {
        expect(JSON.stringify(conversationOf(inputs, outputs))).not.toContain('A'.repeat(1000));
      }),
    );
  });
});
