/** Written histories of one failure. */
import { failureGroups, failureOf, type Failure } from '../../src/domain/workflow/failure-groups.ts';
import { createGroupHistory, type GroupHistory } from '../../src/domain/workflow/group-history.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

const idAt = (index: number) => `run-${index}`;

/** `o` completed, `x` failed as the group, `y` otherwise, `?` for a reason that isn't loaded, `u` completed, but its steps failed to load. */
export function historyOf(runs: string, isWhole = false): GroupHistory {
  const records = Array.from(runs).map((kind, index) =>
    runRecord({ id: idAt(index), rawStatus: 'ou'.includes(kind) ? 'completed' : 'failed', startTime: at(index) }),
  );
  const failures = Array.from(runs).flatMap((kind, index): Failure[] => {
    if (!'xy'.includes(kind)) return [];
    const run = runOf([ran('a', 0, 1, 'failed', { error: kind === 'x' ? 'no' : 'other' })]);
    return [failureOf({ id: idAt(index), startTime: at(index), error: null }, run)];
  });
  const completed = Array.from(runs).flatMap((kind, index) =>
    kind === 'o' ? [[idAt(index), new Set(['a'])] as const] : [],
  );
  const group = failureGroups('wf', failures).find(({ message }) => message === 'no');
  if (!group) throw new Error('The history must have an x.');
  const isUnreadable = ({ id }: { readonly id: string }) => runs.charAt(Number(id.slice(4))) === 'u';
  const completedNodes = new Map([...completed, ...failures.map(({ runId }) => [runId, new Set<string>()] as const)]);
  return createGroupHistory({ records, failures, completedNodes, isUnreadable, isWhole })(group);
}
