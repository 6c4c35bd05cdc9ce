/** Events of `runUpdated` for one subscriber, with the steps that have changed since its last event. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Run } from '../../domain/types.ts';
import type { RunState } from '../../runs/live/run-state.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import { refKey } from '../../upstream/ids.ts';
import { greater, type LookAhead } from '../fields/data-requirements.ts';
import { selectedFields } from '../fields/selection.ts';
import type { LiveEvent, SourceEvent } from './live-events.ts';

export interface RunEvent extends SourceEvent {
  readonly snapshot: RunState;
  /** Number of the snapshot whose steps the subscriber has, or 0. */
  readonly sinceSequence: number;
}

/** A run with the event that changed it. */
export interface UpdatedRun {
  readonly run: Run;
  readonly event: RunEvent;
}

type Selection = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>;

export async function* runEvents(
  snapshots: AsyncIterable<RunState, undefined>,
  info: Selection & Pick<GraphQLResolveInfo, 'path'>,
): AsyncGenerator<RunEvent, undefined> {
  const keys = keysOfChangedSteps(info);
  let sinceSequence = 0;

  /** A null list wasn't delivered, so the next event includes its steps as well. */
  function hasSteps({ data }: LiveEvent): boolean {
    const update = data?.[info.path.key] as Readonly<Record<string, unknown>> | null | undefined;
    return update != null && keys.length > 0 && keys.every((key) => update[key] !== null);
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

/** Parts of the run that the events read. */
export function requirementOfEvents(info: Selection, lookAhead: LookAhead): DataRequirement {
  const fieldNodes = fieldsOf(info, 'run');
  const ofRun = lookAhead({ fieldNodes, fragments: info.fragments });
  return fieldsOf(info, 'changedSteps').length > 0 ? greater(ofRun, 'STEPS') : ofRun;
}

/** Response keys of `changedSteps`. Without them, all subscribers share events, whatever steps they have. */
const keysOfChangedSteps = (info: Selection): string[] =>
  fieldsOf(info, 'changedSteps').map(({ name, alias }) => (alias ?? name).value);

const fieldsOf = ({ fieldNodes, fragments }: Selection, field: string) =>
  fieldNodes
    .flatMap(({ selectionSet }) => selectedFields(selectionSet, fragments))
    .filter(({ name }) => name.value === field);
