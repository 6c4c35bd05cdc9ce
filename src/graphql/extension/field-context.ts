/** Context of an embedder's field: the viewer, the clock, and the gateway's loaders. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Payload, PayloadValues, Run, RunRecord, Step, WorkflowRecord } from '../../domain/types.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { RunRef } from '../../upstream/client.ts';
import type { ParsedPayloads } from '../../upstream/worker/questions.ts';
import { checkLast } from '../arguments.ts';
import type { Context } from '../context.ts';
import { greater, withTimes } from '../fields/data-requirements.ts';

export interface FieldContext {
  readonly requestId: string;
  /** Besides parent and arguments, only this may determine the result, because it is the key of every cache. */
  readonly viewer: Pick<Viewer, 'id' | 'attributes'>;
  /**
   * The caller's rights, which may differ between callers with the same viewer. Responses that read them aren't cached.
   */
  readonly caller: {
    /** Whether the caller may run mutations. */
    readonly mayExecute: boolean;
  };
  /** The operation's only clock reading, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Returns a signal that fires when the client has disconnected. */
  readonly signal: () => AbortSignal;
  /** Limits how long the response is cached, in milliseconds since 1970. 0 disables caching. */
  readonly cacheUntil: (untilMs: number) => void;
  /**
   * A run, loaded once per operation. `requirement` names what is read: record, steps, or also the graph (the default).
   * Makes at most two calls, or one for the record only.
   */
  readonly run: (ref: RunRef, requirement?: DataRequirement) => Promise<Run>;
  /**
   * The inputs, outputs, metadata and wait request of a step or of a run's record, without a call. Null for a run
   * without a record. An unreadable value throws when it is read. All fields of the operation share the values: don't
   * mutate them.
   */
  readonly payloadOf: (parent: Pick<Run | Step, 'payload'>) => Promise<PayloadValues | null>;
  /** Makes one call for all fields of the operation. Rejects with NOT_FOUND. */
  readonly workflow: (workflowId: string) => Promise<WorkflowRecord>;
  /** Records of the latest 1 to 1000 runs. Makes one call per hundred. */
  readonly latestRuns: (workflowId: string, count: number) => Promise<readonly RunRecord[]>;
}

/** The loaders count their calls against the operation's budgets. */
export function createFieldContext(context: Context, info: GraphQLResolveInfo): FieldContext {
  const { nowMs, operation, lifetime, requirement: lookAhead, runs, workflows, history } = context;
  const { requestId, viewer, signal } = operation();
  return {
    requestId,
    viewer: { id: viewer.id, attributes: viewer.attributes },
    caller: {
      get mayExecute() {
        return context.callerMayExecute();
      },
    },
    nowMs,
    signal,
    cacheUntil: (untilMs) => {
      lifetime.limit(untilMs);
    },
    // The client's selection may need more of the run if the field returns it.
    run: async (ref, requirement = 'GRAPH') => runs().load(ref, greater(withTimes(requirement), lookAhead(info))),
    payloadOf: async ({ payload }) =>
      payload && context.payloads.values(payload, (payloads) => checked(payloads, payload)),
    workflow: async (workflowId) => workflows().find(workflowId),
    latestRuns: async (workflowId, count) => history.latest(workflowId, checkLast(count)),
  };
}

const checked = (payloads: ParsedPayloads, { index }: Payload): PayloadValues => ({
  get inputs() {
    return payloads.readable(index, 'inputs');
  },
  get outputs() {
    return payloads.readable(index, 'outputs');
  },
  get metadata() {
    return payloads.readable(index, 'metadata');
  },
  get waitRequest() {
    return payloads.readable(index, 'waitRequest');
  },
});
