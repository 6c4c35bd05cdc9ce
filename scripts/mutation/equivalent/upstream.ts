import type { Equivalent } from './equivalent.ts';

const FAST_PATH = 'A fast path: the checks below it say the same of such an id.';

export const UPSTREAM: readonly Equivalent[] = [
  { file: 'upstream/ids.ts', line: 'if (PLAIN.test(id)) return null;', replacement: 'false', reason: FAST_PATH },
  { file: 'upstream/ids.ts', line: 'const PLAIN = /^[\\w~-]{1,128}$/;', replacement: '/^[\\w~-]$/', reason: FAST_PATH },
  {
    file: 'upstream/resilience.ts',
    line: 'setMaxListeners(0, controller.signal);',
    replacement: ';',
    reason: 'It saves a warning of Node on stderr, and changes nothing else.',
  },
];
