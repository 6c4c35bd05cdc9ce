/** Random durations of runs, with and without a shift. */
import { shiftsOf, type Shift } from '../../../src/domain/shifts/shifts.ts';
import type { Random } from '../inputs/histories.ts';
import { at, runRecord } from '../facts.ts';

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export interface Series {
  readonly name: string;
  /** Factor of the usual duration of a run, by its place. */
  readonly levelAt: (at: number, count: number) => number;
  /** Index of the first run after the shift. Null without one. */
  readonly shiftAt: (count: number) => number | null;
}

const half = (count: number): number => count / 2;
const wave = (at: number, length: number, size: number): number => 1 + size * Math.sin((2 * Math.PI * at) / length);

export const SERIES: readonly Series[] = [
  { name: 'no shift', levelAt: () => 1, shiftAt: () => null },
  { name: 'daily rhythm, ± 30 %, 24 runs a day', levelAt: (at) => wave(at, 24, 0.3), shiftAt: () => null },
  { name: 'weekly rhythm, ± 30 %, 100 runs a week', levelAt: (at) => wave(at, 100, 0.3), shiftAt: () => null },
  { name: 'trend, + 50 % over the window', levelAt: (at, count) => 1 + (0.5 * at) / count, shiftAt: () => null },
  { name: 'bursts: 5 of 40 runs take four times as long', levelAt: (at) => (at % 40 < 5 ? 4 : 1), shiftAt: () => null },
  { name: 'doubled', levelAt: (at, count) => (at < half(count) ? 1 : 2), shiftAt: half },
  { name: 'halved', levelAt: (at, count) => (at < half(count) ? 1 : 0.5), shiftAt: half },
  { name: '× 1.5', levelAt: (at, count) => (at < half(count) ? 1 : 1.5), shiftAt: half },
  {
    name: 'doubled for the last 20 runs',
    levelAt: (at, count) => (at < count - 20 ? 1 : 2),
    shiftAt: (count) => count - 20,
  },
];

/** Each run varies by about `spread`, as a share. */
export function shiftsIn({ levelAt }: Series, count: number, random: Random, spread = 0.2): Shift[] {
  const records = Array.from({ length: count }, (_, index) => {
    const seconds = 10 * levelAt(index, count) * Math.exp(spread * normal(random));
    return runRecord({ id: `run-${index}`, startTime: at(100 * index), endTime: at(100 * index + seconds) });
  });
  return shiftsOf(records, null);
}

export const placeOf = ({ runId }: Shift): number => Number(runId.slice(4));
