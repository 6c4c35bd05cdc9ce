import { describe, expect, it } from '@jest/globals';
import { calendarParts, isTimeZone, type Calendar } from '../../src/domain/workflow/calendar.ts';
import { trendOf, type TrendBucket } from '../../src/domain/workflow/trend.ts';
import { timestampOf, type Timestamp } from '../../src/domain/timestamp.ts';
import type { RunRecord } from '../../src/domain/types.ts';
import { runRecord } from './facts.ts';

const moment = (text: string) => timestampOf(Date.parse(text));
const started = (id: string, startTime: Timestamp) => runRecord({ id, startTime, endTime: null, rawStatus: 'running' });
const NOW = Date.parse('2030-01-01T00:00:00Z') * 1000;

function trend(calendar: Calendar, from: string, to: string | null, records: readonly RunRecord[] = []) {
  const span = { startedAfter: moment(from), startedBefore: to === null ? null : moment(to), isWhole: true, now: NOW };
  return trendOf(records, calendarParts(calendar, 1000), span);
}
const hoursOf = ({ startedAt, endedAt }: TrendBucket) => (endedAt.epochMicros - startedAt.epochMicros) / 3.6e9;
const dayIn = (timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });

describe('the days of a time zone', () => {
  it.each([
    // The clock is set forward and back at 02:00, at 01:00 UTC, and at midnight.
    ['America/New_York', ['2026-03-08: 23', '2026-11-01: 25']],
    ['Europe/Berlin', ['2026-03-29: 23', '2026-10-25: 25']],
    ['America/Havana', ['2026-03-08: 23', '2026-11-01: 25']],
    ['Atlantic/Azores', ['2026-03-29: 23', '2026-10-25: 25']],
    ['Australia/Lord_Howe', ['2026-04-05: 24.5', '2026-10-04: 23.5']],
    ['Asia/Kolkata', []],
    ['UTC', []],
  ])('gives days of %s 23 or 25 hours: %s', (timeZone, expected) => {
    const days = trend({ interval: 'DAY', timeZone }, '2026-01-01T00:00:00Z', '2026-12-31T00:00:00Z');
    const day = dayIn(timeZone);
    const odd = days.filter((each) => hoursOf(each) !== 24);
    expect(odd.map((each) => `${day.format(each.startedAt.epochMicros / 1000)}: ${hoursOf(each)}`)).toEqual(expected);
    // Each bucket has its own date, and covers all of it.
    const dates = days.map(({ startedAt }) => day.format(startedAt.epochMicros / 1000));
    expect(new Set(dates).size).toBe(days.length);
    expect(days.map(({ endedAt }) => day.format(endedAt.epochMicros / 1000 - 1))).toEqual(dates);
    expect(days.slice(1).map(({ startedAt }) => startedAt)).toEqual(days.slice(0, -1).map(({ endedAt }) => endedAt));
  });
});

describe('the units of a calendar', () => {
  const edges = (calendar: Calendar, from: string, to: string | null, records: readonly RunRecord[] = []) =>
    trend(calendar, from, to, records).flatMap(({ startedAt, endedAt }, index) =>
      (index === 0 ? [startedAt, endedAt] : [endedAt]).map(({ text }) => text.slice(0, 16)),
    );

  it('begin weeks on Monday', () => {
    expect(edges({ interval: 'WEEK', timeZone: 'UTC' }, '2026-11-29T12:00:00Z', '2026-12-01T00:00:00Z')).toEqual([
      '2026-11-23T00:00',
      '2026-11-30T00:00',
      '2026-12-07T00:00',
    ]);
  });

  it('start hours on the hour, and count repeated hours separately', () => {
    expect(
      edges({ interval: 'HOUR', timeZone: 'Asia/Kolkata' }, '2026-11-29T12:00:00Z', '2026-11-29T13:00:00Z'),
    ).toEqual(['2026-11-29T11:30', '2026-11-29T12:30', '2026-11-29T13:30']);
    expect(
      edges({ interval: 'HOUR', timeZone: 'America/New_York' }, '2026-11-01T05:30:00Z', '2026-11-01T07:00:00Z'),
    ).toEqual(['2026-11-01T05:00', '2026-11-01T06:00', '2026-11-01T07:00']);
  });

  it('end at midnight, or on the day of the last run', () => {
    const utc: Calendar = { interval: 'DAY', timeZone: 'UTC' };
    expect(edges(utc, '2026-11-29T00:00:00Z', '2026-11-30T00:00:00Z')).toHaveLength(2);
    const midnight = started('late', moment('2026-11-30T00:00:00Z'));
    expect(edges(utc, '2026-11-29T00:00:00Z', null, [midnight])).toHaveLength(3);
    expect(edges(utc, '2026-11-29T00:00:00Z', '2026-11-29T00:00:00Z')).toHaveLength(2);
  });

  it('are incomplete if unfinished, or partly outside the examined runs', () => {
    const records = [started('old', moment('2026-11-25T06:00:00Z')), started('new', moment('2026-11-27T06:00:00Z'))];
    const completeness = (from: string | null, to: string | null, isWhole: boolean) => {
      const span = {
        startedAfter: from === null ? null : moment(from),
        startedBefore: to === null ? null : moment(to),
        ...{ isWhole, now: moment('2026-11-27T09:00:00Z').epochMicros },
      };
      return trendOf(records, calendarParts({ interval: 'DAY', timeZone: 'UTC' }, 100), span).map(({ isComplete }) =>
        Number(isComplete),
      );
    };
    expect(completeness(null, null, true)).toEqual([1, 1, 0]);
    expect(completeness(null, null, false)).toEqual([0, 1, 0]);
    expect(completeness('2026-11-24T00:00:00Z', '2026-11-27T00:00:00Z', true)).toEqual([1, 1, 1]);
    expect(completeness('2026-11-24T00:00:00Z', '2026-11-27T00:00:00Z', false)).toEqual([0, 0, 1]);
    expect(completeness('2026-11-24T01:00:00Z', '2026-11-26T23:00:00Z', true)).toEqual([0, 1, 0]);
  });

  it('stop at the maximum number of parts, even in extreme years', () => {
    for (const year of ['0001', '1969', '9998']) {
      const span = { startedAfter: moment(`${year}-01-01T00:00:00Z`), startedBefore: moment('9999-12-30T00:00:00Z') };
      const parts = calendarParts({ interval: 'WEEK', timeZone: 'America/New_York' }, 52);
      expect(trendOf([], parts, { ...span, isWhole: true })).toHaveLength(52);
    }
  });

  it.each([
    ['America/New_York', true],
    ['UTC', true],
    ['+05:30', true],
    ['Mars/Olympus_Mons', false],
    ['', false],
    ['x'.repeat(1e6), false],
  ])('accepts %.20s as a time zone: %s', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected);
  });
});
