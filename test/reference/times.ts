/** Times and intervals by the simplest means: no sorting tricks, no library. All in microseconds since 1970. */

export interface Moment {
  readonly micros: number;
  readonly hasFraction: boolean;
}

const isLeapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeapYear(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

function daysSince1970(year: number, month: number, day: number): number {
  let days = day - 1;
  for (let m = 1; m < month; m += 1) days += daysInMonth(year, m);
  for (let y = 1970; y < year; y += 1) days += isLeapYear(y) ? 366 : 365;
  for (let y = year; y < 1970; y += 1) days -= isLeapYear(y) ? 366 : 365;
  return days;
}

const TEXT = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/;

export function readMoment(text: string | null): Moment | null {
  const parts = TEXT.exec(text ?? '');
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  if (year === undefined || !month || !day || hour === undefined || minute === undefined || second === undefined)
    return null;
  if (month > 12 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) return null;
  const zone = parts[8] ?? 'Z';
  const digits = zone.replace(/\D/g, '');
  const zoneMinutes = zone === 'Z' ? 0 : Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  const minutes = hour * 60 + minute - (zone.startsWith('-') ? -zoneMinutes : zoneMinutes);
  // Only 23:59:60 in UTC is a leap second; it becomes the next second.
  if (second === 60 && (minutes + 1) % 1440 !== 0) return null;
  const fraction = parts[7]?.slice(1) ?? '';
  const seconds = daysSince1970(year, month, day) * 86_400 + minutes * 60 + second;
  return { micros: seconds * 1_000_000 + Number(`${fraction}000000`.slice(0, 6)), hasFraction: fraction !== '' };
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export const covers = ({ from, to }: Stretch, moment: number): boolean => from <= moment && moment < to;

/** Intervals between consecutive boundaries: within each, nothing begins or ends. */
export function piecesOf(stretches: readonly Stretch[], ...edges: number[]): Stretch[] {
  const boundaries = [...new Set([...edges, ...stretches.flatMap(({ from, to }) => [from, to])])];
  boundaries.sort((a, b) => a - b);
  return boundaries.slice(1).map((to, i) => ({ from: boundaries[i] ?? to, to }));
}

/** How long at least one of them lasts. */
export const covered = (stretches: readonly Stretch[]): number =>
  piecesOf(stretches)
    .filter((piece) => stretches.some((stretch) => covers(stretch, piece.from)))
    .reduce((sum, piece) => sum + piece.to - piece.from, 0);
