/** Events of `runUpdated` for one subscriber, with the steps that changed since its last event. */
import type { GraphQLResolveInfo } from 'graphql';
import { changedSteps, type StepChanges } from '../../domain/step/step-changes.ts';
import type { Run, Step } from '../../domain/types.ts';
import type { RunState } from '../../runs/live/run-state.ts';
import { refKey } from '../../upstream/ids.ts';
import { selectedFields } from '../fields/selection.ts';
import type { LiveEvent, SourceEvent } from './live-events.ts';

export interface RunEvent extends SourceEvent {
  readonly snapshot: RunState;
  /** Number of the snapshot whose steps the subscriber has. 0 if it has none. */
  readonly sinceSequence: number;
}

export async function* runEvents(
  snapshots: AsyncIterable<RunState, undefined>,
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'path'>,
): AsyncGenerator<RunEvent, undefined> {
  const keys = keysOfChangedSteps(info);
  let sinceSequence = 0;

  /** A null list was not delivered, so the next event includes its steps too. */
  function hasSteps({ data }: LiveEvent): boolean {
    const run = data?.[info.path.key] as Readonly<Record<string, unknown>> | null | undefined;
    return run != null && keys.length > 0 && keys.every((key) => run[key] !== null);
  }

  for await (const snapshot of snapshots) {
    yield {
      topic: refKey(snapshot.ref),
      states: [snapshot],
      since: String(sinceSequence),
      snapshot,
      sinceSequence,
      sent(event) {
        if (hasSteps(event)) sinceSequence = snapshot.sequence;
      },
    };
  }
  return undefined;
}

/** Response keys of `changedSteps`. Without them, all subscribers share events, whatever steps they have. */
const keysOfChangedSteps = ({
  fieldNodes,
  fragments,
}: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): string[] =>
  fieldNodes
    .flatMap(({ selectionSet }) => selectedFields(selectionSet, fragments))
    .filter(({ name }) => name.value === 'changedSteps')
    .map(({ name, alias }) => (alias ?? name).value);

export function createRunChanges() {
  let known: { readonly changes: StepChanges; readonly since: number } | undefined;
  return {
    /** Called for each event. The subscriber has the steps of snapshot `since`, or none (0). */
    set(changes: StepChanges, since: number): void {
      known = { changes, since };
    },
    /** Returns all steps for a run that is not at the root of the event. */
    stepsOf: ({ steps }: Run, { prev }: GraphQLResolveInfo['path']): readonly Step[] =>
      known && prev && !prev.prev ? changedSteps(steps, known.changes, known.since) : steps,
  };
}
