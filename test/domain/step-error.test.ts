import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorInfo, hasError } from '../../src/domain/step/step-error.ts';

describe('the error of a step', () => {
  it.each([null, '', '  \n', '{}', '{ }', 'null', '[]', '[\n\t]', '""', '" "'])('is null for %j', (text) => {
    expect([errorInfo(text), hasError(text)]).toEqual([null, false]);
  });

  it.each([
    ['{"message":"no","type":"bad_input","code":"E1"}', 'no', 'bad_input', 'E1'],
    ['{"error":{"message":"slow down","type":"rate_limit","code":429}}', 'slow down', 'rate_limit', '429'],
    ['{"code":500,"error":{"message":"inner","code":"x"}}', 'inner', null, '500'],
    ['{"error":"Bad Request","message":"input missing"}', 'input missing', null, null],
    ['{"detail":"not found","error":"plain"}', 'plain', null, null],
    ['{"message":"no","code":12345678901234567890}', 'no', null, '12345678901234567890'],
    ['{"detail":{"message":"deep"}}', 'deep', null, null],
    ['{"message":" ","error":{"detail":" padded "}}', 'padded', null, null],
    ['{"error":{"detail":{"message":"third level"}}}', 'third level', null, null],
    ['{"a":{"a":{"message":"x"}}}', '{"a":{"a":{"message":"x"}}}', null, null],
    ['{"error":{"error":{"error":{"message":"x"}}}}', '{"error":{"error":{"error":{"message":"x"}}}}', null, null],
    ['" a JSON text "', 'a JSON text', null, null],
    ['{"error":{}}', '{"error":{}}', null, null],
    ['["a"]', '["a"]', null, null],
    ['404', '404', null, null],
    ['{"message":"cut o', '{"message":"cut o', null, null],
    [' connection reset\n', 'connection reset', null, null],
  ])('is read from %j', (raw, message, type, code) => {
    expect(errorInfo(raw)).toEqual({ message, type, code, raw });
    expect(hasError(raw)).toBe(true);
  });

  it('is a plain string for JSON above 65,536 characters', () => {
    const json = (length: number) => `{"message":"${'x'.repeat(length - 14)}"}`;
    expect(errorInfo(json(2 ** 16))?.message).toHaveLength(2 ** 16 - 14);
    expect(errorInfo(json(2 ** 16 + 1))?.message).toBe(json(2 ** 16 + 1));
  });

  it('has a message unless the JSON is empty', () => {
    const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r', '\u00a0', '\f'), maxLength: 3 });
    const brackets = fc.constantFrom('{}', '[]', '""', '{]', '""x', '"a"', '[0]', 'null');
    const almostEmpty = fc.tuple(brackets, blank).map(([text, space]) => text.charAt(0) + space + text.slice(1));
    const nested = fc.json().map((json) => `{"error":${json}}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nested, almostEmpty), (text) => {
        let value: unknown = text;
        try {
          value = JSON.parse(text.trim());
        } catch {
          // It is plain text.
        }
        const isNumber = typeof value === 'number' || typeof value === 'boolean';
        const isBlank = typeof value === 'string' ? value.trim() === '' : Object.keys(value ?? {}).length === 0;
        expect(hasError(text)).toBe(isNumber || !isBlank);
        expect((errorInfo(text)?.message.trim() ?? '') !== '').toBe(hasError(text));
      }),
    );
  });
});
