/** What a field of an embedder gets: the viewer, the clock, and the loaders of the gateway's own fields. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Run, RunRecord, WorkflowRecord } from '../../domain/types.ts';
import { MAX_WINDOW } from '../../runs/history/history-reader.ts';
import { readsSteps, type DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { Viewer } from '../../runs/viewer.ts';
import type { RunRef } from '../../upstream/client.ts';
import { checkLast } from '../arguments.ts';
import type { Context } from '../context.ts';
import { greater, withTimes } from '../fields/data-requirements.ts';

export interface FieldContext {
  readonly requestId: string;
  /** All that may decide what is answered, beside parent and arguments: it is the key of every cache. */
  readonly viewer: Pick<Viewer, 'id' | 'attributes'>;
  /** The operation's one reading of the clock, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Fires when the client has disconnected. */
  readonly signal: () => AbortSignal;
  /** Shortens the life of the cached answer; 0: it is not cached. */
  readonly cacheUntil: (untilMs: number) => void;
  /**
   * A run, fetched once for the whole operation. `requirement` says what is read of it: its record, also its steps, also the
   * workflow's graph (all of it if left out). It costs two calls, or one for its record.
   */
  readonly run: (ref: RunRef, requirement?: DataRequirement) => Promise<Run>;
  /** Costs one call for all fields of the operation. Rejects with NOT_FOUND. */
  readonly workflow: (workflowId: string) => Promise<WorkflowRecord>;
  /** The records of the latest runs, 1 to 1000. It costs one call for each hundred. */
  readonly latestRuns: (workflowId: string, count: number) => Promise<readonly RunRecord[]>;
}

export interface FieldContextOptions {
  readonly context: Context;
  readonly info: GraphQLResolveInfo;
  /** `Run.costInCents`, for messages. */
  readonly name: string;
  readonly maxCalls: number;
}

/** The price of a field is what the cost limit counts, so that no field makes more calls than its entry says. */
export function createFieldContext({ context, info, name, maxCalls }: FieldContextOptions): FieldContext {
  const { nowMs, operation, lifetime, requirement: lookAhead, runs, workflows, history } = context;
  const { requestId, viewer, signal } = operation();
  let calls = 0;

  function take(count: number): void {
    calls += count;
    if (calls > maxCalls) throw new Error(`${name}: expected at most ${maxCalls} upstream calls, as its entry says`);
  }

  return {
    requestId,
    viewer: { id: viewer.id, attributes: viewer.attributes },
    nowMs,
    signal,
    cacheUntil: (untilMs) => {
      lifetime.limit(untilMs);
    },
    async run(ref, requirement = 'GRAPH') {
      // What the client selects of a run that the field answers.
      const needed = greater(withTimes(requirement), lookAhead(info));
      take(readsSteps(needed) ? 2 : 1);
      return runs().load(ref, needed);
    },
    async workflow(workflowId) {
      take(1);
      return workflows().find(workflowId);
    },
    async latestRuns(workflowId, count) {
      take(Math.ceil(checkLast(count) / (MAX_WINDOW - 1)));
      return history.latest(workflowId, count);
    },
  };
}
