import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { errorInfo, hasError } from '../../src/domain/step/step-error.ts';

describe('errorInfo', () => {
  it.each([null, '', '  \n', '{}', '{ }', 'null', '[]', '""', '" "'])('finds no error in %j', (text) => {
    expect(errorInfo(text)).toBeNull();
    expect(hasError(text)).toBe(false);
  });

  it('takes plain text as it is', () => {
    expect(errorInfo(' connection reset\n')).toEqual({
      message: 'connection reset',
      type: null,
      code: null,
      raw: ' connection reset\n',
    });
  });

  it.each([
    ['{"message":"no","type":"bad_input","code":"E1"}', 'no', 'bad_input', 'E1'],
    ['{"error":{"message":"slow down","type":"rate_limit","code":429}}', 'slow down', 'rate_limit', '429'],
    ['{"code":500,"error":{"message":"inner","code":"x"}}', 'inner', null, '500'],
    ['{"error":"Bad Request","message":"input missing"}', 'input missing', null, null],
    ['{"detail":"not found"}', 'not found', null, null],
    ['{"message":"no","code":12345678901234567890}', 'no', null, '12345678901234567890'],
    ['{"detail":{"message":"deep"}}', 'deep', null, null],
    ['{"message":"","error":{"message":"said within"}}', 'said within', null, null],
    ['{"error":"plain"}', 'plain', null, null],
    ['{"message":" ","detail":" padded "}', 'padded', null, null],
    ['{"error":{"detail":{"message":"third level"}}}', 'third level', null, null],
    [
      '{"error":{"error":{"error":{"message":"fourth"}}}}',
      '{"error":{"error":{"error":{"message":"fourth"}}}}',
      null,
      null,
    ],
    ['" a JSON text "', 'a JSON text', null, null],
    ['{"status":7}', '{"status":7}', null, null],
    ['{"error":{}}', '{"error":{}}', null, null],
    ['["a"]', '["a"]', null, null],
    ['404', '404', null, null],
    ['{"message":"cut o', '{"message":"cut o', null, null],
    ["{'error': 'python'}", "{'error': 'python'}", null, null],
  ])('reads %s', (raw, message, type, code) => {
    expect(errorInfo(raw)).toEqual({ message, type, code, raw });
    expect(hasError(raw)).toBe(true);
  });

  it('finds an error in each JSON but an empty one, and parses none to find that out', () => {
    const blanks = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r', '\u00a0', '\f'), maxLength: 3 });
    const brackets = fc.constantFrom('{}', '[]', '""', '{]', '""x', '"a"', '[0]', 'null');
    fc.assert(
      fc.property(brackets, blanks, ([open = '', ...rest], blank) => {
        const text = open + blank + rest.join('');
        let value: unknown = text;
        try {
          value = JSON.parse(text.trim());
        } catch {
          // Plain words.
        }
        const isBlank = typeof value === 'string' ? value.trim() === '' : Object.keys(value ?? {}).length === 0;
        expect(hasError(text)).toBe(!isBlank);
      }),
    );
    const parse = jest.spyOn(JSON, 'parse');
    try {
      expect(hasError(`[${'[],'.repeat(1000)}0]`)).toBe(true);
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  it('takes JSON of more than 65,536 characters for plain words', () => {
    const json = (length: number) => `{"message":"${'x'.repeat(length - 14)}"}`;
    expect(errorInfo(json(2 ** 16))?.message).toHaveLength(2 ** 16 - 14);
    expect(errorInfo(json(2 ** 16 + 1))?.message).toBe(json(2 ** 16 + 1));
  });

  it('never throws, and never has an empty message', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"error":${json}}`),
        ),
        (text) => {
          const info = errorInfo(text);
          expect(info?.message.trim()).not.toBe('');
          expect(hasError(text)).toBe(info !== null);
        },
      ),
    );
  });
});
