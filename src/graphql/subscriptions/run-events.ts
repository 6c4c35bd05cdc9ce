/** The events of `runUpdated` for one reader, and which steps of the run have changed since its last event. */
import type { GraphQLResolveInfo } from 'graphql';
import { changedSteps, type StepChanges } from '../../domain/step/step-changes.ts';
import type { Run, Step } from '../../domain/types.ts';
import type { RunState } from '../../runs/live/run-state.ts';
import { refKey } from '../../upstream/ids.ts';
import { selectedFields } from '../fields/selection.ts';
import type { LiveEvent, SourceEvent } from './live-events.ts';

export interface RunEvent extends SourceEvent {
  readonly snapshot: RunState;
  /** The number of the snapshot whose steps the reader has; 0: it has none. */
  readonly sinceSequence: number;
}

export async function* runEvents(
  snapshots: AsyncIterable<RunState, undefined>,
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'path'>,
): AsyncGenerator<RunEvent, undefined> {
  const keys = keysOfChangedSteps(info);
  let sinceSequence = 0;

  /** A list that is null was not sent: the next event has its steps, too. */
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

/** As the answer names them. Where there is none, all readers share their events, whatever they know. */
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
    /** Called for each event: its reader has the state of the number `since`, or none (0). */
    set(changes: StepChanges, since: number): void {
      known = { changes, since };
    },
    /** All steps of a run that is not at the root of such an event, also of the same run. */
    stepsOf: ({ steps }: Run, { prev }: GraphQLResolveInfo['path']): readonly Step[] =>
      known && prev && !prev.prev ? changedSteps(steps, known.changes, known.since) : steps,
  };
}
