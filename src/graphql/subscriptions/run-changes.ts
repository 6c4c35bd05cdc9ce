/** Which steps of a run have changed since its reader's last event. */
import { changedSteps, type StepChanges } from '../../domain/step/step-changes.ts';
import type { Run, Step } from '../../domain/types.ts';

export interface RunChanges {
  /** For the run of an event: its reader knows the state of the number `since`, or none (0). */
  set(run: Run, changes: StepChanges, since: number): void;
  /** Of any other run all of them. */
  stepsOf(run: Run): readonly Step[];
}

export function createRunChanges(): RunChanges {
  let known: { readonly run: Run; readonly changes: StepChanges; readonly since: number } | undefined;
  return {
    set(run, changes, since) {
      known = { run, changes, since };
    },
    stepsOf: (run) => (known?.run === run ? changedSteps(run.steps, known.changes, known.since) : run.steps),
  };
}
