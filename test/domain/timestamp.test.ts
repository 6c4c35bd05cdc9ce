import { describe, expect, it } from '@jest/globals';
import {
  earliest,
  latest,
  millisBetween,
  parseTimestamp,
  timestampOf,
  timestampOfMicros,
} from '../../src/domain/timestamp.ts';

describe('parseTimestamp', () => {
  it('keeps the microseconds that the upstream sends', () => {
    expect(parseTimestamp('2025-03-13T02:41:15.144470Z')).toEqual({
      text: '2025-03-13T02:41:15.144470Z',
      epochMicros: 1_741_833_675_144_470,
      isWholeSecond: false,
    });
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
  it('are written with six digits, before 1970 too', () => {
    expect(timestampOfMicros(1_741_833_675_000_070).text).toBe('2025-03-13T02:41:15.000070Z');
    expect(timestampOfMicros(-1).text).toBe('1969-12-31T23:59:59.999999Z');
    expect(parseTimestamp(timestampOfMicros(-1).text)?.epochMicros).toBe(-1);
  });

  it('of a clock reading have its milliseconds', () => {
    expect(timestampOf(1_741_833_675_144)).toMatchObject({
      text: '2025-03-13T02:41:15.144Z',
      epochMicros: 1_741_833_675_144_000,
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
    expect(earliest([null, late, early])).toBe(early);
    expect(latest([late, null, early])).toBe(late);
    expect(latest([null])).toBeNull();
  });
});
