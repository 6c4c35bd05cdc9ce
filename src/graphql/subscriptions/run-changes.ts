/** Which steps of a run have changed since its reader's last event. */
import type { GraphQLResolveInfo } from 'graphql';
import { changedSteps, type StepChanges } from '../../domain/step/step-changes.ts';
import type { Run, Step } from '../../domain/types.ts';

export interface RunChanges {
  /** For the event that is told: its reader knows the state of the number `since`, or none (0). */
  set(changes: StepChanges, since: number): void;
  /** Of a run that is read anywhere but at the root of such an event all of them, also where it is the same run. */
  stepsOf(run: Run, path: GraphQLResolveInfo['path']): readonly Step[];
}

export function createRunChanges(): RunChanges {
  let known: { readonly changes: StepChanges; readonly since: number } | undefined;
  return {
    set(changes, since) {
      known = { changes, since };
    },
    stepsOf: ({ steps }, { prev }) =>
      known && prev && !prev.prev ? changedSteps(steps, known.changes, known.since) : steps,
  };
}
