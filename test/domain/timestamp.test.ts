import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  earliest,
  hasZone,
  latest,
  millisBetween,
  parseTimestamp,
  timestampOf,
  timestampOfEpoch,
  timestampOfMicros,
} from '../../src/domain/timestamp.ts';
import { readMoment } from '../reference/times.ts';

/** Mostly numbers from `min` to `max`, and those right beside, as two digits. */
const digits = (min: number, max: number) =>
  fc
    .oneof({ weight: 8, arbitrary: fc.integer({ min, max }) }, fc.constantFrom(min, max, max + 1, Math.max(0, min - 1)))
    .map((number) => String(number).padStart(2, '0'));
const year = fc.integer({ min: 1, max: 9998 }).map((number) => String(number).padStart(4, '0'));

/** Every part of a text: some are out of their range by one. */
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

describe('parseTimestamp', () => {
  it('keeps the microseconds that the upstream sends', () => {
    expect(parseTimestamp('2025-03-13T02:41:15.144470Z')).toEqual({
      text: '2025-03-13T02:41:15.144470Z',
      epochMicros: 1_741_833_675_144_470,
      isWholeSecond: false,
    });
  });

  it('reads the moments that a calendar and a clock show, to the microsecond, and no others', () => {
    fc.assert(
      fc.property(parts, ({ date, time, fraction, sign, zone }) => {
        const text = `${date}T${time}${fraction && `.${fraction}`}${zone ? `${sign}${zone.join(':')}` : 'Z'}`;
        const read = parseTimestamp(text);
        const expected = readMoment(text);
        expect(read?.epochMicros).toBe(expected?.micros);
        if (!read) return;
        expect(read.isWholeSecond).toBe(fraction === '');
        expect(read.text).toBe(
          time.endsWith('60')
            ? `${timestampOfMicros(read.epochMicros).text.slice(0, 19)}${fraction && `.${fraction.slice(0, 9)}`}Z`
            : text.replace(fraction, fraction.slice(0, 9)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('reads no text of more than 100 characters', () => {
    const text = (length: number) => `2025-03-13T02:41:15.${'1'.repeat(length - 21)}Z`;
    expect(parseTimestamp(text(100))?.text).toBe('2025-03-13T02:41:15.111111111Z');
    expect(parseTimestamp(text(101))).toBeNull();
  });

  it('reads other spellings of the same, and adds the zone where there is none', () => {
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

  it('takes nothing before, between or behind', () => {
    const text = '2025-03-13T02:41:15.144470+01:00';
    for (let at = 0; at <= text.length; at += 1) {
      for (const more of ['x', '-', 'T']) {
        const longer = `${text.slice(0, at)}${more}${text.slice(at)}`;
        expect([longer, parseTimestamp(longer)]).toEqual([longer, null]);
      }
    }
  });

  it('reads a space and an offset, and a missing zone as UTC', () => {
    expect(parseTimestamp('2025-03-12 00:59:55.465508+00:00')?.text).toBe('2025-03-12T00:59:55.465508+00:00');
    expect(parseTimestamp('2025-03-12T01:00:00')?.text).toBe('2025-03-12T01:00:00Z');
  });

  it('knows which moments are only told to the second', () => {
    expect(parseTimestamp('2025-03-12T01:00:00Z')?.isWholeSecond).toBe(true);
    expect(parseTimestamp('2025-03-12T01:00:00.5Z')?.isWholeSecond).toBe(false);
    expect(parseTimestamp('2025-03-12T01:00:00.000000Z')?.isWholeSecond).toBe(false);
  });

  it('takes a leap second for the next one', () => {
    expect(parseTimestamp('2016-12-31T23:59:60.25Z')?.text).toBe('2017-01-01T00:00:00.25Z');
    expect(parseTimestamp('2017-01-01T00:59:60+01:00')?.epochMicros).toBe(
      parseTimestamp('2017-01-01T00:00:00Z')?.epochMicros,
    );
  });

  it.each([
    '2025-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-03-13T24:00:00Z',
    '2025-03-13T12:00:60Z',
    '2025-03-13T12:60:00Z',
    '2025-03-13T12:00:00+24:00',
    '2025-00-10T00:00:00Z',
    '9999-12-31T23:59:60Z',
  ])('answers null for %p, which no clock shows', (value) => {
    expect(parseTimestamp(value)).toBeNull();
  });

  it('knows the leap days', () => {
    expect(parseTimestamp('2024-02-29T00:00:00Z')?.epochMicros).toBe(Date.UTC(2024, 1, 29) * 1000);
  });

  it.each([null, undefined, '', 'yesterday', '2025-13-40T00:00:00Z', '1741833675'])('answers null for %p', (value) => {
    expect(parseTimestamp(value)).toBeNull();
  });
});

describe('computed timestamps', () => {
  it('are read as what they were computed from', () => {
    const first = Date.parse('0000-01-01T00:00:00Z') * 1000;
    const last = Date.parse('9999-12-31T23:59:59Z') * 1000;
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: first, max: last }), fc.constantFrom(first, last)), (micros) => {
        const computed = timestampOfMicros(micros);
        expect(computed).toMatchObject({ epochMicros: micros, isWholeSecond: false });
        expect(computed.text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        // Before 1684 and after 2255 a double does not hold each microsecond.
        const read = parseTimestamp(computed.text)?.epochMicros ?? NaN;
        expect(Math.abs(read - micros)).toBeLessThanOrEqual(Number.isSafeInteger(micros) ? 0 : 64);
      }),
    );
  });

  it('that the calendar can’t write have the nearest moment as text', () => {
    expect(timestampOfMicros(-1e18)).toMatchObject({ text: '0000-01-01T00:00:00.000000Z', epochMicros: -1e18 });
    expect(timestampOfMicros(1e18)).toMatchObject({ text: '9999-12-31T23:59:59.000000Z', epochMicros: 1e18 });
  });

  it('of seconds or milliseconds since 1970 have their digits', () => {
    const [first, last] = [1e9, 9_007_199_253];
    const seconds = fc.oneof(fc.integer({ min: first, max: last }), fc.constantFrom(first, last));
    fc.assert(
      fc.property(seconds, fc.integer({ min: 1, max: 999 }), (second, milli) => {
        const date = (ms: number) => new Date(ms).toISOString();
        const [whole, ms] = [second * 1000, second * 1000 + milli];
        expect(timestampOfEpoch(second)).toEqual({
          text: date(whole).replace('.000', ''),
          epochMicros: whole * 1000,
          isWholeSecond: true,
        });
        for (const each of [whole, ms]) {
          expect(timestampOfEpoch(each)).toEqual({ text: date(each), epochMicros: each * 1000, isWholeSecond: false });
        }
        expect(timestampOfEpoch(second + 0.5)).toEqual(timestampOfMicros(second * 1_000_000 + 500_000));
        expect(timestampOfEpoch(ms + 0.25)).toEqual(timestampOfMicros(ms * 1000 + 250));
      }),
    );
  });

  it.each([0, -1, 1e9 - 1, 9_007_199_254, 1e12 - 1, 9_007_199_254_000, 1e15, NaN])(
    'of %p are none: no year from 2001 to 2255',
    (value) => {
      expect(timestampOfEpoch(value)).toBeNull();
    },
  );

  it('are written with six digits, before 1970 too', () => {
    expect(timestampOfMicros(1_741_833_675_000_070).text).toBe('2025-03-13T02:41:15.000070Z');
    expect(timestampOfMicros(-1).text).toBe('1969-12-31T23:59:59.999999Z');
    expect(parseTimestamp(timestampOfMicros(-1).text)?.epochMicros).toBe(-1);
  });

  it('of a clock reading have its milliseconds', () => {
    expect(timestampOf(1_741_833_675_144)).toEqual({
      text: '2025-03-13T02:41:15.144Z',
      epochMicros: 1_741_833_675_144_000,
      isWholeSecond: false,
    });
  });
});

describe('comparing moments', () => {
  const early = timestampOfMicros(1_000_000);
  const late = timestampOfMicros(3_237_692);

  it('subtracts to the microsecond', () => {
    expect(millisBetween(early, late)).toBe(2237.692);
    expect(millisBetween(late, early)).toBe(-2237.692);
  });

  it('finds the first and the last, passing over unknown ones', () => {
    const moment = fc.option(fc.integer({ min: 0, max: 3 }).map(timestampOfMicros));
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 6 }), (moments) => {
        const known = moments.filter((each) => each !== null);
        const times = known.map(({ epochMicros }) => epochMicros);
        // Of those that tie the one that comes first: they may be written differently.
        expect(earliest(moments)).toBe(known.find(({ epochMicros }) => epochMicros === Math.min(...times)) ?? null);
        expect(latest(moments)).toBe(known.find(({ epochMicros }) => epochMicros === Math.max(...times)) ?? null);
      }),
    );
  });
});
