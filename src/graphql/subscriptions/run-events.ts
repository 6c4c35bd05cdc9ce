/** The events of `runUpdated` for one reader: each snapshot beside the one that its last event told the steps of. */
import type { GraphQLResolveInfo } from 'graphql';
import { createPullIterator } from '../../runs/live/pull-iterator.ts';
import type { RunState } from '../../runs/live/run-state.ts';
import { refKey } from '../../upstream/ids.ts';
import { forEachSelected } from '../fields/selection.ts';
import type { LiveEvent, SourceEvent } from './live-events.ts';

export interface RunEvent extends SourceEvent {
  readonly snapshot: RunState;
  /** The number of the snapshot whose steps the reader has; 0: it has none. */
  readonly sinceSequence: number;
}

export function runEvents(
  snapshots: AsyncIterableIterator<RunState, undefined>,
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'path'>,
): AsyncIterableIterator<RunEvent, undefined> {
  const keys = keysOfChangedSteps(info);
  let sinceSequence = 0;

  /** A list that is null was not told: the next event has its steps, too. */
  function hasTold({ data }: LiveEvent): boolean {
    const run = data?.[info.path.key] as Readonly<Record<string, unknown>> | null | undefined;
    return run != null && keys.length > 0 && keys.every((key) => run[key] !== null);
  }

  return createPullIterator({
    async next() {
      const { done, value: snapshot } = await snapshots.next();
      if (done) return { done, value: undefined };
      const event = {
        topic: refKey(snapshot.ref),
        states: [snapshot],
        since: String(sinceSequence),
        snapshot,
        sinceSequence,
        told(event: LiveEvent) {
          if (hasTold(event)) sinceSequence = snapshot.sequence;
        },
      };
      return { done: false, value: event };
    },
    end: () => snapshots.return?.(),
  });
}

/** As the answer names them. Where there is none, all readers share their events, whatever they know. */
function keysOfChangedSteps({ fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): string[] {
  const keys: string[] = [];
  for (const { selectionSet } of fieldNodes) {
    forEachSelected(
      selectionSet,
      fragments,
      () => true,
      ({ name, alias }) => {
        if (name.value === 'changedSteps') keys.push((alias ?? name).value);
      },
    );
  }
  return keys;
}
