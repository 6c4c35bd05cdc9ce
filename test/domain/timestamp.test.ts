import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  hasZone,
  parseTimestamp,
  timestampOf,
  timestampOfEpoch,
  timestampOfMicros,
} from '../../src/domain/timestamp.ts';
import { readMoment } from '../reference/times.ts';

/** Mostly numbers from `min` to `max`, and their neighbours, as two digits. */
const digits = (min: number, max: number) =>
  fc
    .oneof({ weight: 8, arbitrary: fc.integer({ min, max }) }, fc.constantFrom(min, max, max + 1, Math.max(0, min - 1)))
    .map((number) => String(number).padStart(2, '0'));
const year = fc.integer({ min: 1, max: 9998 }).map((number) => String(number).padStart(4, '0'));

/** All parts of a timestamp: some are out of range by one. */
const parts = fc.record({
  date: fc.tuple(year, digits(1, 12), digits(1, 31)).map((each) => each.join('-')),
  time: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(digits(0, 23), digits(0, 59), digits(0, 59)).map((each) => each.join(':')) },
    fc.constantFrom('23:59:60', '00:59:60', '22:29:60', '23:58:60'),
  ),
  fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\d{1,12}$/)),
  sign: fc.constantFrom('+', '-'),
  zone: fc.option(fc.tuple(fc.constantFrom('00', '01', '05', '10', '23'), fc.constantFrom('00', '30', '59'))),
});

describe('a timestamp', () => {
  it('is a valid calendar time, to the microsecond', () => {
    fc.assert(
      fc.property(parts, ({ date, time, fraction, sign, zone }) => {
        const text = `${date}T${time}${fraction && `.${fraction}`}${zone ? `${sign}${zone.join(':')}` : 'Z'}`;
        const read = parseTimestamp(text);
        const expected = readMoment(text);
        expect(read?.epochMicros).toBe(expected?.micros);
        if (!read) return;
        expect(read.isWholeSecond).toBe(fraction === '');
        // A leap second becomes the next second.
        expect(read.text).toBe(
          time.endsWith('60')
            ? `${timestampOfMicros(read.epochMicros).text.slice(0, 19)}${fraction && `.${fraction.slice(0, 9)}`}Z`
            : text.replace(fraction, fraction.slice(0, 9)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('may have other separators, and is UTC without a zone', () => {
    const [separators, points] = [fc.constantFrom('T', 't', ' '), fc.constantFrom('.', ',')];
    const [spaces, tails] = [fc.constantFrom('', ' '), fc.constantFrom('', '\n', '  ')];
    fc.assert(
      fc.property(parts, separators, points, spaces, tails, (given, separator, point, space, tail) => {
        const { date, time, fraction, sign, zone } = given;
        const start = (between: string, before: string) => `${date}${between}${time}${fraction && before + fraction}`;
        const [plain, other] = [start('T', '.'), `${tail}${start(separator, point)}${space}`];
        const [colon, short] = zone ? [`${sign}${zone.join(':')}`, `${sign}${zone.join('')}`] : ['Z', 'z'];
        for (const text of [`${other}${colon}${tail}`, `${other}${short}${tail}`]) {
          expect(parseTimestamp(text)).toEqual(parseTimestamp(`${plain}${colon}`));
          expect(hasZone(text)).toBe(true);
        }
        expect(parseTimestamp(other)).toEqual(parseTimestamp(`${plain}Z`));
        expect(hasZone(other)).toBe(false);
      }),
    );
  });

  it('rejects extra characters before, between or after its parts', () => {
    const text = '2025-03-13T02:41:15.144470+01:00';
    for (let at = 0; at <= text.length; at += 1) {
      for (const more of ['x', '-', 'T']) {
        const longer = `${text.slice(0, at)}${more}${text.slice(at)}`;
        expect([longer, parseTimestamp(longer)]).toEqual([longer, null]);
      }
    }
  });

  it('has at most 100 characters', () => {
    const text = (length: number) => `2025-03-13T02:41:15.${'1'.repeat(length - 21)}Z`;
    expect(parseTimestamp(text(100))?.text).toBe('2025-03-13T02:41:15.111111111Z');
    expect(parseTimestamp(text(101))).toBeNull();
  });

  it.each([null, undefined, '', 'yesterday', '1741833675', '2025-03-13T12:00:00+24:00', '9999-12-31T23:59:60Z'])(
    'is not %p',
    (value) => {
      expect(parseTimestamp(value)).toBeNull();
    },
  );
});

describe('a computed timestamp', () => {
  it('keeps its microseconds', () => {
    const first = Date.parse('0000-01-01T00:00:00Z') * 1000;
    const last = Date.parse('9999-12-31T23:59:59Z') * 1000;
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: first, max: last }), fc.constantFrom(first, -1, last)), (micros) => {
        const computed = timestampOfMicros(micros);
        expect(computed).toMatchObject({ epochMicros: micros, isWholeSecond: false });
        expect(computed.text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        // Before 1684 and after 2255 a double does not represent each microsecond.
        const read = parseTimestamp(computed.text)?.epochMicros ?? NaN;
        expect(Math.abs(read - micros)).toBeLessThanOrEqual(Number.isSafeInteger(micros) ? 0 : 64);
      }),
    );
  });

  it('becomes the nearest valid one beyond the calendar', () => {
    expect(timestampOfMicros(-1e18)).toMatchObject({ text: '0000-01-01T00:00:00.000000Z', epochMicros: -1e18 });
    expect(timestampOfMicros(1e18)).toMatchObject({ text: '9999-12-31T23:59:59.000000Z', epochMicros: 1e18 });
  });

  it('has all digits of seconds or milliseconds since 1970', () => {
    const [first, last] = [1e9, 9_007_199_253];
    const seconds = fc.oneof(fc.integer({ min: first, max: last }), fc.constantFrom(first, last));
    fc.assert(
      fc.property(seconds, fc.integer({ min: 1, max: 999 }), (second, milli) => {
        const [whole, ms] = [second * 1000, second * 1000 + milli];
        const text = new Date(whole).toISOString().replace('.000', '');
        expect(timestampOfEpoch(second)).toEqual({ text, epochMicros: whole * 1000, isWholeSecond: true });
        for (const each of [whole, ms]) expect(timestampOfEpoch(each)).toEqual(timestampOf(each));
        expect(timestampOfEpoch(second + 0.5)).toEqual(timestampOfMicros(second * 1_000_000 + 500_000));
        expect(timestampOfEpoch(ms + 0.25)).toEqual(timestampOfMicros(ms * 1000 + 250));
      }),
    );
  });

  it.each([0, -1, 1e9 - 1, 9_007_199_254, 1e12 - 1, 9_007_199_254_000, 1e15, NaN])(
    'is null for %p seconds or milliseconds, outside 2001 to 2255',
    (value) => {
      expect(timestampOfEpoch(value)).toBeNull();
    },
  );

  it('has milliseconds if taken from the clock', () => {
    const [text, epochMicros] = ['2025-03-13T02:41:15.144Z', 1_741_833_675_144_000];
    expect(timestampOf(1_741_833_675_144)).toEqual({ text, epochMicros, isWholeSecond: false });
  });
});
