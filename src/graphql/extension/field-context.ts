/** Context of an embedder's field: the viewer, the clock, and the loaders of the gateway's own fields. */
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
  /** Besides parent and arguments, only this may determine the answer, since it is the key of every cache. */
  readonly viewer: Pick<Viewer, 'id' | 'attributes'>;
  /** The operation's only clock reading, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Returns a signal that fires when the client has disconnected. */
  readonly signal: () => AbortSignal;
  /** Limits the cache lifetime of the answer, in milliseconds since 1970. 0 means it is not cached. */
  readonly cacheUntil: (untilMs: number) => void;
  /**
   * A run, loaded once per operation. `requirement` names the parts that are read: record, steps, or also the graph
   * (the default). Costs two calls, or one for the record only.
   */
  readonly run: (ref: RunRef, requirement?: DataRequirement) => Promise<Run>;
  /** Costs one call for all fields of the operation. Rejects with NOT_FOUND. */
  readonly workflow: (workflowId: string) => Promise<WorkflowRecord>;
  /** Records of the latest 1 to 1000 runs. Costs one call per hundred. */
  readonly latestRuns: (workflowId: string, count: number) => Promise<readonly RunRecord[]>;
}

export interface FieldContextOptions {
  readonly context: Context;
  readonly info: GraphQLResolveInfo;
  /** Name in messages, such as `Run.costInCents`. */
  readonly name: string;
  readonly maxCalls: number;
}

/** A field cannot make more calls than its entry declares, since the cost limit counts that number. */
export function createFieldContext({ context, info, name, maxCalls }: FieldContextOptions): FieldContext {
  const { nowMs, operation, lifetime, requirement: lookAhead, runs, workflows, history } = context;
  const { requestId, viewer, signal } = operation();
  let calls = 0;

  function take(count: number): void {
    calls += count;
    if (calls > maxCalls)
      throw new Error(`${name} must make at most ${maxCalls} upstream calls, as its entry declares`);
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
      // The client's selection may need more of the run if the field returns it.
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
