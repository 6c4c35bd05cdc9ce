/** The report of `stepgate check`. */
import type { CountedDeviation } from '../observability/deviations.ts';
import { URL_TEMPLATES } from '../observability/spans.ts';
import { isWrite } from '../upstream/writes.ts';
import type { CallResult } from './attempts.ts';

const WIDTH = 44;

const isTried = (result: CallResult): boolean =>
  result.kind === 'works' || (result.kind === 'skipped' && !result.isMissing);
const deviates = (result: CallResult): boolean => result.kind === 'works' && result.deviations.length > 0;
const losesData = (result: CallResult): boolean =>
  result.kind === 'works' && result.deviations.some(({ outcome }) => outcome === 'lost');

export const isGood = (results: readonly CallResult[]): boolean =>
  results.every((result) => isTried(result) && !losesData(result));

export function reportOf(upstream: string, results: readonly CallResult[]): string {
  const count = (is: (result: CallResult) => boolean) => results.filter(is).length;
  const [failed, lossy] = [count((result) => !isTried(result)), count(losesData)];
  const verdict = [
    isGood(results) && 'All attempted calls work.',
    failed > 0 && `${failed} of ${results.length} calls failed or could not be tried.`,
    lossy > 0 && `${lossy} of ${results.length} calls have unreadable values.`,
    count(deviates) > 0 && `${count(deviates)} calls deviate from the contract: see docs/upstream-deviations.md.`,
  ];
  const lines = [`Upstream: ${upstream}`, '', ...results.flatMap(linesOf), '', verdict.filter(Boolean).join(' '), ''];
  return lines.join('\n');
}

function linesOf(result: CallResult): string[] {
  const { endpoint } = result;
  const method = isWrite(endpoint) ? 'POST' : 'GET';
  // One path is longer than all the others.
  const call = `${endpoint.padEnd(10)}${`${method} ${URL_TEMPLATES[endpoint]} `.padEnd(WIDTH)}`;
  switch (result.kind) {
    case 'works':
      return [
        `${call}${losesData(result) ? 'LOSES VALUES' : deviates(result) ? 'works, but deviates' : 'works'}: ${result.found}`,
        ...result.deviations.map((deviation) => `  - ${describe(deviation)}`),
        ...result.notes.map((note) => `  = ${note}`),
        ...(result.unknownStatuses.length > 0 ? [`  > ${adviceOn(result.unknownStatuses)}`] : []),
      ];
    case 'failed':
      return [`${call}FAILED: ${result.message}`, ...(result.advice === null ? [] : [`  > ${result.advice}.`])];
    case 'skipped':
      return [`${call}${result.isMissing ? 'NOT TRIED' : 'not tried'}: ${result.reason}`];
  }
}

const adviceOn = (words: readonly string[]): string =>
  `map each unknown status in STATUS_WORDS, such as STATUS_WORDS=crashed:FAILED. Unknown: ${words.join(', ')}.`;

const describe = ({ field, outcome, expected, got, count }: CountedDeviation): string =>
  `${field}: expected ${expected}, got ${got}; ${outcome === 'read' ? 'read anyway' : 'cannot be read'} (${count} times)`;
