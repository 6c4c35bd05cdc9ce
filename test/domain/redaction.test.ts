import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRedactions } from '../../src/domain/redaction/redaction.ts';
import { plainName, REDACTED, Redactor, type RedactionRule } from '../../src/domain/redaction/redactor.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const rule = (
  given: Partial<Record<'keys' | 'keep', string[]>> & { texts?: boolean; patterns?: RegExp[] },
): RedactionRule => ({
  keys: new Set((given.keys ?? []).map(plainName)),
  texts: given.texts ?? false,
  keep: new Set((given.keep ?? []).map(plainName)),
  patterns: given.patterns ?? [],
  unless: null,
});
/** The rules are part of the viewer: callers who see different data must never share a cache. */
it('has an id that is equal only for the same rules', () => {
  const unless = (right: string, given: RedactionRule): RedactionRule => ({ ...given, unless: right });
  const rules = [
    ...[unless('a', rule({ keys: ['x'] })), unless('b', rule({ keys: ['y'] }))],
    ...[unless('c', rule({ texts: true })), unless('d', rule({ patterns: [/x/gu] }))],
  ];
  const redactionOf = createRedactions(rules);
  const rights = fc.subarray(['a', 'b', 'c', 'd']);
  fc.assert(
    fc.property(rights, rights, (one, other) => {
      const isSame = one.join() === other.join();
      expect(redactionOf(one)?.id === redactionOf(other)?.id).toBe(isSame);
    }),
  );
});

const byKeys = new Redactor([rule({ keys: ['api-key'] })]);
const byTexts = new Redactor([rule({ texts: true, keep: ['locale'] })]);
const byPatterns = new Redactor([rule({ patterns: [/\b\d{13,19}\b/gu, /secret/giu] })]);
const CARD = 4_111_111_111_111;

describe('a `keys` rule', () => {
  it('replaces the value under each spelling of the name, at any depth', () => {
    const value = { a: [{ apiKey: 'x' }, { API_KEY: { b: 1 } }], 'api-key': null, api: 'x' };
    expect(byKeys.json(value)).toEqual({ a: [{ apiKey: REDACTED }, { API_KEY: REDACTED }], 'api-key': null, api: 'x' });
  });

  it('redacts JSON in strings three levels deep, deeper ones as a whole', () => {
    const nested = (levels: number): JsonValue =>
      levels === 0 ? { apiKey: 'x', b: 1 } : JSON.stringify({ inner: nested(levels - 1) });
    const innermost = (value: JsonValue): JsonValue => {
      const parsed = typeof value === 'string' && value !== REDACTED ? (JSON.parse(value) as JsonValue) : value;
      return typeof parsed === 'object' && parsed !== null && 'inner' in parsed
        ? innermost(parsed.inner ?? null)
        : parsed;
    };
    for (const levels of [1, 2, 3]) expect(innermost(byKeys.json(nested(levels)))).toEqual({ apiKey: REDACTED, b: 1 });
    expect(innermost(byKeys.json(nested(4)))).toBe(REDACTED);
  });

  it.each(['{"apiKey": "x"', '[1, {"apiKey"', 'data: {"apiKey": "x"}\n\n', 'event: a\ndata: x', '"a\\u0062'])(
    "replaces a string that it can't parse: %j",
    (text) => {
      expect(byKeys.json({ text })).toEqual({ text: REDACTED });
    },
  );

  it('returns the same object if nothing is replaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        const value = given as JsonValue;
        const redacted = byKeys.json(value);
        if (JSON.stringify(redacted) === JSON.stringify(value)) expect(redacted).toBe(value);
      }),
    );
  });
});

describe('a `texts` rule', () => {
  it('replaces all strings but kept fields, and no numbers, booleans or names', () => {
    const value = { a: 'x', b: [1, true, null, 'y', ''], locale: 'de', address: { locale: ['a', 'b'] } };
    expect(byTexts.json(value)).toEqual({
      a: REDACTED,
      b: [1, true, null, REDACTED, ''],
      locale: 'de',
      address: { locale: ['a', 'b'] },
    });
  });

  it('keeps what computed values need, if it looks like an identifier', () => {
    const message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] };
    const value = { model: 'gpt-5', role: 'x y', messages: [message, 'ada'], deep: { model: 'gpt-5' } };
    expect(byTexts.payload(value, 'inputs')).toEqual({
      model: 'gpt-5',
      role: REDACTED,
      messages: [{ role: 'user', content: [{ type: 'text', text: REDACTED }] }, REDACTED],
      deep: { model: REDACTED },
    });
    expect(byTexts.payload({ model: 'a name of a customer' }, 'outputs')).toEqual({ model: REDACTED });
    for (const place of ['inputs', 'outputs', 'metadata'] as const) {
      expect(byTexts.payload('ada', place)).toBe(REDACTED);
      expect(byTexts.payload(['ada', { name: 'ada', message: 'ada', choices: 'ada' }], place)).toEqual([
        REDACTED,
        { name: REDACTED, message: REDACTED, choices: REDACTED },
      ]);
    }
  });

  it('keeps type and code of an error, plain or as JSON', () => {
    const error = { error: { type: 'rate_limit', code: 'E 1', message: 'Ada has no budget' }, code: 'QUOTA' };
    const redacted = { error: { type: 'rate_limit', code: REDACTED, message: REDACTED }, code: 'QUOTA' };
    expect(byTexts.error(error)).toEqual(redacted);
    expect(JSON.parse(byTexts.error(JSON.stringify(error)) as string)).toEqual(redacted);
    expect(byTexts.error('Ada has no budget')).toBe(REDACTED);
    expect(byTexts.json('started for Ada')).toBe(REDACTED);
    expect(byTexts.name('Invoices')).toBe('Invoices');
  });
});

it('leaves an error without a match unchanged, byte for byte', () => {
  const error = '{ "code": "E1",  "detail": {"apikeys": 1} }';
  expect(byKeys.error(error)).toBe(error);
});

describe('a `patterns` rule', () => {
  it('replaces matches in strings, names and numbers', () => {
    const value = { 'my Secret': `card ${CARD}, a secret`, number: CARD, other: 12 };
    expect(byPatterns.json(value)).toEqual({
      [`my ${REDACTED}`]: `card ${REDACTED}, a ${REDACTED}`,
      number: REDACTED,
      other: 12,
    });
    const usage = { total_tokens: CARD, details: { secret: CARD, tier: 'secret' } };
    expect(byPatterns.payload({ usage }, 'outputs')).toEqual({
      usage: { total_tokens: CARD, details: { secret: CARD, tier: REDACTED } },
    });
    expect(byPatterns.json({ secret: 1, SECRET: 2 })).toEqual({ [REDACTED]: 1, [`${REDACTED} 2`]: 2 });
    expect(byPatterns.name('Secret plans')).toBe(`${REDACTED} plans`);
  });

  it('leaves no match anywhere, however the value is nested', () => {
    const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<JsonValue>(
          'a secret',
          'x',
          CARD,
          1,
          null,
          '{"secret',
          '{"a":"secret"}',
          '"secret"',
          '"s\\u0065cret"',
          '"s\\u0065cret',
        ),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', 'secret', 'c'), tie('tree')),
        tie('tree').map((value) => JSON.stringify(value)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(byPatterns.json(value)).replaceAll('\\', '')).not.toMatch(/s(?:e|u0065)cret|\d{13}/i);
      }),
      { numRuns: 500 },
    );
  });
});

it('applies all rules, and keeps only what each `texts` rule keeps', () => {
  const redactor = new Redactor([
    rule({ texts: true, keep: ['a', 'b'] }),
    rule({ texts: true, keep: ['b', 'c'] }),
    rule({ keys: ['d'] }),
  ]);
  expect(redactor.json({ a: 'x', b: 'x', c: 'x', d: 1 })).toEqual({ a: REDACTED, b: 'x', c: REDACTED, d: REDACTED });
});

it('leaves a value nested too deeply unchanged', () => {
  let deep: JsonValue = 'secret';
  for (let level = 0; level < 10_000; level += 1) deep = [deep];
  let redacted = byPatterns.json(deep);
  let depth = 0;
  for (; Array.isArray(redacted) && redacted.length > 0; depth += 1)
    redacted = (redacted as readonly JsonValue[])[0] ?? null;
  expect([depth > 200, redacted]).toEqual([true, []]);
});
