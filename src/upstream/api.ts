/**
 * The upstream API as the gateway sees it: one function per call, which returns domain facts or throws a GatewayError.
 */
import type { Redaction } from '../domain/redaction/redaction.ts';
import type { OperationRecord } from '../observability/operation-record.ts';
import type { RunRecord, StepFacts, WorkflowRecord } from '../domain/types.ts';
import type { GatewayError } from './errors.ts';
import type { RunRef } from './ids.ts';
import type { Requesters } from './requesters.ts';
import type { Write, Written } from './writes.ts';
import type { Reader } from './worker/reading-worker.ts';

export type { RunRef, StepRef } from './ids.ts';
export type { Write, Written } from './writes.ts';

/** A window of a workflow's history, which is newest first. */
export interface RunWindow {
  readonly workflowId: string;
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
}

/** Restricts a viewer to part of the data that the upstream key may see. */
export interface Scope {
  /** Organization id, or null for every organization that the key sees. */
  readonly organizationId: string | null;
  /** Workflow ids, or null for all workflows. */
  readonly workflowIds: ReadonlySet<string> | null;
}

/** The rejection of a key that wasn't accepted before, after which the operation makes no more calls. */
export interface Rejections {
  readonly rejection: GatewayError | null;
  reject(error: GatewayError): void;
}

export interface CallOptions {
  readonly credential: string;
  /** Viewer of the call, whose connections are used. */
  readonly viewerId: string;
  readonly requesters: Requesters;
  readonly rejections?: Rejections;
  readonly requestId: string;
  /** Scope, or null if the viewer may see everything that the credential can. */
  readonly scope: Scope | null;
  /** Redaction, or null if nothing is redacted. */
  readonly redaction: Redaction | null;
  /** Fires when no reader is waiting for the response. */
  readonly signal: AbortSignal;
  /** Whose time is used to read a large response. */
  readonly reader: Pick<Reader, 'share' | 'order'>;
  /** Bytes of an earlier response, read instead of making a call. */
  readonly stored?: Buffer;
  readonly operationRecord?: OperationRecord | undefined;
}

/** A value, and the memory in bytes that it takes in a cache. */
export interface UpstreamAnswer<T> {
  readonly value: T;
  readonly sizeBytes: number;
  /** Body of the response as received. */
  readonly body?: Buffer;
}

/** Each call except the first rejects with UPSTREAM_ENDPOINT_DISABLED if UPSTREAM_ENDPOINTS doesn't list it. */
export interface UpstreamApi {
  /** Call 1. */
  listSteps(ref: RunRef, options: CallOptions): Promise<UpstreamAnswer<readonly StepFacts[]>>;
  /** Calls 2, 6 and 7. Never retried. If an error has `outcomeIsUnknown`, the write may have taken effect. */
  write(write: Write, options: CallOptions): Promise<Written>;
  /** Call 3. Returns null if the upstream's list doesn't contain the run. */
  getRun(ref: RunRef, options: CallOptions): Promise<UpstreamAnswer<RunRecord | null>>;
  /** Call 4. */
  listRuns(window: RunWindow, options: CallOptions): Promise<UpstreamAnswer<readonly RunRecord[]>>;
  /** Call 5. */
  listWorkflows(options: CallOptions): Promise<UpstreamAnswer<readonly WorkflowRecord[]>>;
  close(): void;
}
