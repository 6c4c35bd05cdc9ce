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

/** All values in these shapes, except long strings, which may be part of any message. */
const PARTS: readonly JsonValue[] = SHAPES.flatMap(function partsOf(value: JsonValue): JsonValue[] {
  if (typeof value === 'string' && value.length > 100) return [];
  const parts = isJsonArray(value) || isJsonObject(value) ? Object.values<JsonValue>(value) : [];
  return [value, ...parts.flatMap(partsOf)];
});
const arbitraryPart = fc.oneof(fc.constantFrom(...PARTS), arbitraryJson);

/** A real shape with some parts missing or replaced. */
const arbitraryMutant: fc.Arbitrary<JsonValue> = fc
  .tuple(fc.constantFrom(...SHAPES), fc.infiniteStream(fc.nat({ max: 30 })), fc.infiniteStream(arbitraryPart))
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

const arbitraryPayload = fc.oneof(arbitraryPart, arbitraryMutant);

function expectWellFormed({ messages, omittedMessages, model, finishReason }: Conversation): void {
  const texts: unknown[] = [model, finishReason];
  for (const [at, { index, role, content, toolCalls, toolCallId, ...flags }] of messages.entries()) {
    expect(index).toBe(omittedMessages + at);
    texts.push(content, toolCallId, ...toolCalls.flatMap((call) => [call.id, call.name, call.arguments]));
    expect(typeof role).toBe('string');
    for (const flag of Object.values(flags)) expect(typeof flag).toBe('boolean');
  }
  for (const text of texts) expect(text === null || typeof text === 'string').toBe(true);
  expect(messages.length).toBeGreaterThan(0);
}

describe('the conversation of any JSON', () => {
  it('is null or messages, without errors', () => {
    fc.assert(
      fc.property(arbitraryPayload, arbitraryPayload, (inputs, outputs) => {
        const before = JSON.stringify([inputs, outputs]);
        const read = conversationOf(inputs, outputs);
        if (read) expectWellFormed(read);
        expect(JSON.stringify(read)).not.toContain('A'.repeat(1000));
        // The payload is unchanged.
        expect(JSON.stringify([inputs, outputs])).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });
});
