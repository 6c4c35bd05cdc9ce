import type { Equivalent } from './equivalent.ts';

export const DOMAIN: readonly Equivalent[] = [
  {
    file: 'domain/run/comparison.ts',
    line: "return delta > 0 ? 'SLOWER' : 'FASTER';",
    replacement: 'delta >= 0',
    reason: 'A difference of 0 is noise, which was answered before.',
  },
  {
    file: 'domain/run/timeline.ts',
    line: 'while ((freeFrom[lane] ?? -Infinity) > start) lane += 1;',
    replacement: '+Infinity',
    reason: 'There are as many lanes as bars, so a free one is always found. The type of an index allows none.',
  },
  {
    file: 'domain/run/tokens.ts',
    line: 'if (told === undefined) known.set(step.payload, (told = read(step)));',
    replacement: 'true',
    reason: 'The same is read again. The map saves time, and nothing else.',
  },
];
