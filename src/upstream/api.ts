/** The upstream API as the gateway sees it: one function for each call, which returns domain facts or a GatewayError. */
import type { OperationRecord } from '../observability/operation-record.ts';
import type { JsonObject, RunRecord, StepFacts, WorkflowRecord } from '../domain/types.ts';
import type { StartedRun } from './contract.ts';
import type { GatewayError } from './errors.ts';
import type { Scope } from './scope.ts';

export interface RunRef {
  readonly workflowId: string;
  readonly runId: string;
}

/** A part of a workflow's history, which is newest first. */
export interface RunWindow {
  readonly workflowId: string;
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
}

/** Once the upstream has refused a key that was not accepted before, an operation makes no further call. */
export interface Refusals {
  readonly refusal: GatewayError | null;
  refuse(error: GatewayError): void;
}

export interface CallOptions {
  /** The bearer key that the call carries. */
  readonly credential: string;
  /** Whose call it is: viewers share the upstream, however many calls one of them makes. */
  readonly viewerId: string;
  /** Whether the gateway or the upstream has accepted the key by now. Absent: it has. */
  readonly isAccepted?: () => boolean;
  /** Of the operation that pays for the call. */
  readonly refusals?: Refusals;
  readonly requestId: string;
  /** Null: all that the credential sees. */
  readonly scope: Scope | null;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The bytes of an earlier answer, to be read in place of a call. */
  readonly stored?: Buffer;
  /** Of the operation that pays for the call. */
  readonly operationRecord?: OperationRecord | undefined;
}

/** A value, and the bytes of memory that caching it takes. */
export interface UpstreamAnswer<T> {
  readonly value: T;
  readonly sizeBytes: number;
  /** The answer's body as it came. */
  readonly body?: Buffer;
}

/** Each call but the first rejects with UPSTREAM_ENDPOINT_DISABLED where UPSTREAM_ENDPOINTS does not list it. */
export interface UpstreamApi {
  /** Call 1. */
  listSteps(ref: RunRef, options: CallOptions): Promise<UpstreamAnswer<readonly StepFacts[]>>;
  /** Call 2. Never retried: an error's `outcomeIsUnknown` says that the run may have started. */
  execute(workflowId: string, inputs: JsonObject, options: CallOptions): Promise<StartedRun>;
  /** Call 3. Null where the upstream returns an empty list. */
  getRun(ref: RunRef, options: CallOptions): Promise<UpstreamAnswer<RunRecord | null>>;
  /** Call 4. */
  listRuns(window: RunWindow, options: CallOptions): Promise<UpstreamAnswer<readonly RunRecord[]>>;
  /** Call 5. */
  listWorkflows(options: CallOptions): Promise<UpstreamAnswer<readonly WorkflowRecord[]>>;
  close(): void;
}
