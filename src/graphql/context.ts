/** What one GraphQL operation carries: who asks, when, and what it can read and do through. */
import type { JsonObject } from '../domain/types.ts';
import type { OperationRecord } from '../observability/operation-record.ts';
import type { RunStarter } from '../runs/run-starter.ts';
import { createRunLoaders, type RunLoaders, type DataRequirement } from '../runs/loaders/run-loaders.ts';
import { createAnswerLifetime, createCallBudget, type Operation } from '../runs/operation.ts';
import type { PageRequest, RunHistory } from '../runs/history/run-history.ts';
import type { LivePollers } from '../runs/live/live-pollers.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { Viewer } from '../runs/viewer.ts';
import { createWorkflowLoaders, type WorkflowLoaders } from '../runs/loaders/workflow-loaders.ts';
import type { WorkflowStore } from '../runs/workflow-store.ts';
import type { RunRef } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { LiveEvents, Subscribed } from './live-event.ts';

export interface ContextSource {
  readonly runStore: RunStore;
  readonly workflowStore: WorkflowStore;
  readonly runHistory: RunHistory;
  readonly livePollers: LivePollers;
  readonly runStarter: RunStarter;
  readonly maxUpstreamCalls: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface ContextRequest {
  /** Null: no bearer key came. */
  readonly viewer: Viewer | null;
  /** Why the one that came was not taken. */
  readonly refusal?: GatewayError | null;
  readonly requestId: string;
  /** Answers a signal that fires when the client is gone. */
  readonly signal: () => AbortSignal;
  /** False: only what changes nothing may be asked for. */
  readonly mayAct: boolean;
  /** Takes the events of a subscription, which the transport then reads; null where it could not send them. */
  readonly takeEvents: ((events: LiveEvents, operation: Subscribed) => void) | null;
  /** Absent where nobody observes. */
  readonly operationRecord?: OperationRecord;
}

export type Context = ReturnType<typeof createContext>;

/** Whatever needs a viewer throws UNAUTHENTICATED when it is reached for without one, so that the field has the error. */
export function createContext(source: ContextSource, request: ContextRequest) {
  const { viewer, requestId, signal, operationRecord } = request;
  const nowMs = source.now();
  const budget = createCallBudget(source.maxUpstreamCalls);
  const lifetime = createAnswerLifetime();
  const operation = (): Operation => {
    if (viewer) return { viewer, requestId, signal, budget, lifetime, operationRecord };
    throw (
      request.refusal ??
      new GatewayError('UNAUTHENTICATED', 'this needs a key: send the header "Authorization: Bearer <your key>"')
    );
  };
  let workflowLoaders: WorkflowLoaders | undefined;
  let runLoaders: RunLoaders | undefined;
  const workflows = () => (workflowLoaders ??= createWorkflowLoaders(source.workflowStore, operation()));
  const runs = () => (runLoaders ??= createRunLoaders(source.runStore, workflows(), operation(), nowMs));

  return {
    request,
    requestId,
    lifetime,
    workflows,
    runs,
    history: {
      page: (request: PageRequest) => source.runHistory.page(request, operation()),
      latest: (workflowId: string, count: number) => source.runHistory.latest(workflowId, count, operation()),
    },
    watch: (ref: RunRef, requirement: DataRequirement) => source.livePollers.watch(ref, requirement, operation()),
    startRun: (workflowId: string, inputs: JsonObject) => source.runStarter.start(workflowId, inputs, operation()),
  };
}
