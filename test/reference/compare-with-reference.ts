/** Random runs through the domain and the reference. */
import fc from 'fast-check';
import { differencesOfRun, differencesOfRuns } from './differences.ts';
import type { RawRun } from './raw.ts';
import { arbitraryRun } from './random-runs.ts';

/** Returns null, or the difference in the smallest failing run. Each run is also compared with another run. */
export function compareWithReference(
  parameters: fc.Parameters<[RawRun, RawRun]>,
  onRun: (seen: number) => void = () => undefined,
): string | null {
  let seen = 0;
  const property = fc.property(arbitraryRun, arbitraryRun, (run, another) => {
    onRun((seen += 1));
    const differences = [...differencesOfRun(run), ...differencesOfRuns(another, run)];
    if (differences.length > 0) throw new Error(differences.join('\n'));
  });
  const details = fc.check(property, { ...parameters, includeErrorInReport: true });
  return details.failed ? (fc.defaultReportMessage(details) ?? 'failed') : null;
}
