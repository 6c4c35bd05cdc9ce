/** The report of `stepgate check`, as text. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { CountedDeviation } from '../observability/deviations.ts';
import type { CallResult } from './attempts.ts';

const CALLS: Readonly<Record<UpstreamEndpoint, string>> = {
  workflows: 'GET workflows',
  runs: 'GET workflows/{workflow}/runs',
  run: 'GET workflows/{workflow}/runs/{run}',
  steps: 'GET workflows/{workflow}/runs/{run}/steps',
  execute: 'POST workflows/{workflow}/execute',
};
const WIDTH = 44;

export const isGood = (results: readonly CallResult[]): boolean =>
  results.every((result) => result.kind === 'works' || (result.kind === 'skipped' && !result.isMissing));

export function reportOf(upstream: string, results: readonly CallResult[]): string {
  const bad = results.filter((result) => !isGood([result])).length;
  const deviating = results.filter((result) => result.kind === 'works' && result.deviations.length > 0).length;
  const verdict =
    bad > 0
      ? `${bad} of ${results.length} calls failed or could not be tried.`
      : deviating > 0
        ? `Everything that was tried works. ${deviating} calls deviate from the contract: docs/upstream.md says what becomes of it.`
        : 'Everything that was tried works.';
  return [`Upstream: ${upstream}`, '', ...results.flatMap(linesOf), '', verdict, ''].join('\n');
}

function linesOf(result: CallResult): string[] {
  const call = `${result.endpoint.padEnd(10)}${CALLS[result.endpoint].padEnd(WIDTH)}`;
  switch (result.kind) {
    case 'works':
      return [
        `${call}${result.deviations.length === 0 ? 'works' : 'works, but deviates'}: ${result.found}`,
        ...result.deviations.map((deviation) => `  - ${describe(deviation)}`),
      ];
    case 'failed':
      return [`${call}FAILED: ${result.message}`, ...(result.advice === null ? [] : [`  > ${result.advice}.`])];
    case 'skipped':
      return [`${call}${result.isMissing ? 'NOT TRIED' : 'not tried'}: ${result.reason}`];
  }
}

const describe = ({ field, outcome, expected, got, count }: CountedDeviation): string =>
  `${field}: expected ${expected}, got ${got}; ${outcome === 'read' ? 'read all the same' : 'can not be read'} (${count} times)`;
