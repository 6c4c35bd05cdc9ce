import type { Equivalent } from './equivalent.ts';

export const DOMAIN: readonly Equivalent[] = [
  {
    file: 'domain/run/tokens.ts',
    line: 'if (told === undefined) known.set(step.payload, (told = read(step)));',
    replacement: 'true',
    reason: 'The same is read again. The map saves time, and nothing else.',
  },
];
