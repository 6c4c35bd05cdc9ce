import type { Equivalent } from './equivalent.ts';

const TYPES_ALONE = 'Never reached: the types allow that nothing is found, and something always is.';
const SAVES_TIME = 'A shorter way to the same answer. It saves time, and nothing else.';

const RUN: readonly Equivalent[] = [
  {
    file: 'domain/run/tokens.ts',
    line: 'if (told === undefined) known.set(step.payload, (told = read(step)));',
    replacement: 'true',
    reason: 'The same is read again. The map saves time, and nothing else.',
  },
];

const STEP: readonly Equivalent[] = [
  {
    file: 'domain/step/attempts.ts',
    line: "attemptKind: kinds[i] ?? 'FIRST',",
    replacement: '""',
    reason: TYPES_ALONE,
  },
  {
    file: 'domain/step/placement.ts',
    line: 'let placement: Placement = { offsetMs: null, gapBeforeMs: null };',
    replacement: '{}',
    reason: 'Replaced before it is used: no start equals the first placedAt.',
  },
  ...['{}', '""', 'true'].map((replacement) => ({
    file: 'domain/step/steps.ts',
    line: "const UNKNOWN_DURATION: StepDuration = { durationMs: null, durationSource: 'NONE', clockSkewDetected: false };",
    replacement,
    reason: TYPES_ALONE,
  })),
  ...['/^(?:[[{"\\D-]|(?:true|false|null)$)/', '/^(?:[[{"\\d-]|(?:true|false|null))/'].map((replacement) => ({
    file: 'domain/step/step-error.ts',
    line: 'const JSON_START = /^(?:[[{"\\d-]|(?:true|false|null)$)/;',
    replacement,
    reason: 'What is then given to the parser, or kept from it, is answered as the text that it is either way.',
  })),
  {
    file: 'domain/step/step-error.ts',
    line: 'if (!JSON_START.test(text)) return text;',
    replacement: 'false',
    reason: SAVES_TIME,
  },
  {
    file: 'domain/step/step-error.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Where nothing was parsed, the message is the text, too.',
  },
];

const FILES: readonly Equivalent[] = [
  ...['true', 'level.length >= 0'].map((replacement) => ({
    file: 'domain/json.ts',
    line: 'for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) {',
    replacement,
    reason: 'Below an empty level there are only empty ones. To stop there saves time.',
  })),
  {
    file: 'domain/status.ts',
    line: "const normalize = (word: string): string => word.toLowerCase().replaceAll(/[-_\\s]/g, '');",
    replacement: 'word.toUpperCase()',
    reason: 'The words of the map are normalized by the same function.',
  },
  {
    file: 'domain/timestamp.ts',
    line: "const [, date = '', time = '', seconds = '', fraction = '', zone = 'Z'] = match;",
    replacement: '"Stryker was here!"',
    reason: 'What matches has a date, a time and seconds. (Of the fraction the tests notice it.)',
  },
  {
    file: 'domain/timestamp.ts',
    line: 'return timestampFrom(text === value ? value : text, wholeSeconds, fraction);',
    replacement: 'false',
    reason: 'The same text, of which two are held then.',
  },
  {
    file: 'domain/timestamp.ts',
    line: 'const ZONE = /(?:[Zz]|[+-]\\d\\d:?\\d\\d)\\s*$/;',
    replacement: '/(?:[Zz]|[+-]\\d\\d:?\\d\\d)\\s*/',
    reason: 'Only texts that parseTimestamp reads are given, and those have nothing like a zone but at their end.',
  },
  {
    file: 'domain/timestamp.ts',
    line: "export const hasZone = (text: string): boolean => text.endsWith('Z') || ZONE.test(text);",
    replacement: "text.startsWith('Z')",
    reason: SAVES_TIME,
  },
  ...['false', "date.slice(8) < '28'", '""'].map((replacement) => ({
    file: 'domain/timestamp.ts',
    line: "date.slice(8) <= '28' || new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);",
    replacement,
    reason: SAVES_TIME,
  })),
  {
    file: 'domain/timestamp.ts',
    line: 'if (nextSecond % 86_400_000 !== 0 || nextSecond * 1000 > LAST_MICROS) return null;',
    replacement: 'nextSecond * 1000 >= LAST_MICROS',
    reason: 'A moment that comes so far is a midnight, and LAST_MICROS is none.',
  },
];

export const DOMAIN: readonly Equivalent[] = [...RUN, ...STEP, ...FILES];
