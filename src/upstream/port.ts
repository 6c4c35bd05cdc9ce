/** An embedder's upstream: the calls of the workflow API as functions. docs/embedding.md describes it. */
import type { JsonObject, JsonValue } from '../domain/types.ts';
import type { UpstreamEndpoint } from '../config/config.ts';
import type { RunWindow } from './api.ts';
import type { RunRef, StepRef } from './ids.ts';

/** A call in progress. */
export interface UpstreamCall {
  /** The caller's key. In passthrough mode, the function must reject an invalid one with `UpstreamError(401)`. */
  readonly credential: string;
  readonly requestId: string;
  /** Aborts after UPSTREAM_TIMEOUT_MS, or when no client is waiting for the response. */
  readonly signal: AbortSignal;
}

/** A time as defined by the contract: ISO 8601 with a zone. */
type Time = string | null;

/** A period in which a step waited for a person or an event. */
export interface UpstreamWait {
  readonly from: string;
  /** Absent or null while the wait lasts. */
  readonly to?: Time;
}

/** One execution of a node. docs/upstream.openapi.yaml describes each field. */
export interface UpstreamStep {
  readonly id: string;
  readonly node_id: string;
  readonly status: string;
  readonly start_time?: Time;
  readonly end_time?: Time;
  /** Whole seconds, rounded down. */
  readonly elapsed_time?: number | null;
  readonly error?: unknown;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly step_metadata?: unknown;
  readonly tokens?: number | null;
  readonly user_id?: string | null;
  readonly organization_id?: string | null;
  /** Item of a fan-out. */
  readonly item_key?: string | number | null;
  /** From 1, within node and item. */
  readonly attempt?: number | null;
  readonly waits?: readonly UpstreamWait[] | null;
  /** What a waiting step asks for. */
  readonly wait_request?: UpstreamWaitRequest | null;
}

export interface UpstreamWaitRequest {
  readonly message?: string | null;
  readonly data?: unknown;
  /** JSON Schema of the answer. */
  readonly answer_schema?: unknown;
}

export interface UpstreamRun {
  readonly id: string;
  readonly status: string;
  readonly start_time?: Time;
  readonly end_time?: Time;
  readonly elapsed_time?: number | null;
  readonly error?: unknown;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly all_outputs?: Readonly<Record<string, unknown>> | null;
}

export interface UpstreamNode {
  readonly type?: string;
  readonly metadata?: { readonly description?: string };
}

export interface UpstreamWorkflow {
  readonly workflow_id: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly status?: string | null;
  readonly version?: string | number | null;
  readonly public?: boolean | null;
  readonly organization_id?: string | null;
  readonly created_at?: Time;
  readonly updated_at?: Time;
  readonly updated_by?: string | null;
  readonly graph?: {
    readonly nodes?: Readonly<Record<string, UpstreamNode>>;
    /** Pairs of node ids. `START` and `END` are the ends of the graph. */
    readonly edges?: readonly (readonly [from: string, to: string])[];
    readonly entry_point?: string | null;
    readonly finish_point?: string | null;
  } | null;
}

export interface UpstreamStart {
  readonly run_id: string;
  readonly message?: string | null;
}

/** The response to a cancel or resume. */
export interface UpstreamDone {
  readonly message?: string | null;
}

/** An action on a run or step. */
export interface UpstreamAction extends UpstreamCall {
  /** Equal for calls that must take effect once. */
  readonly idempotencyKey: string;
}

/** Bytes, which aren't checked by types, or a value, which is serialized with `JSON.stringify`. */
type Answer<T> = Promise<Uint8Array | T>;

/**
 * Each function resolves to the JSON of the workflow API's contract, or rejects with `UpstreamError`. A bug, such as a
 * TypeError without a cause, is an internal error; any other error is logged, and counts as an outage. A call without a
 * function is disabled.
 */
export interface Upstream {
  /** Identifies the source of the data: in a fleet, gateways whose upstreams have equal names share responses. */
  readonly name: string;
  steps(run: RunRef, call: UpstreamCall): Answer<readonly UpstreamStep[]>;
  /** Returns an array with one run record. */
  run?(run: RunRef, call: UpstreamCall): Answer<readonly UpstreamRun[]>;
  /** Newest first. */
  runs?(window: RunWindow, call: UpstreamCall): Answer<readonly UpstreamRun[]>;
  workflows?(call: UpstreamCall): Answer<readonly UpstreamWorkflow[]>;
  /** Starts a run. Called once. */
  execute?(
    start: { readonly workflowId: string; readonly inputs: JsonObject },
    call: UpstreamCall,
  ): Answer<UpstreamStart>;
  /** Cancels a run. Called once. Rejects with 409 if the run is over. */
  cancelRun?(run: RunRef, call: UpstreamAction): Promise<Uint8Array | UpstreamDone | undefined>;
  /**
   * Answers a waiting step. Called once. Rejects with 409 if it isn't waiting, and with 422 if the answer doesn't fit.
   */
  resumeStep?(
    resume: StepRef & { readonly answer: JsonValue },
    call: UpstreamAction,
  ): Promise<Uint8Array | UpstreamDone | undefined>;
}

/** Function for each call. */
export const FUNCTIONS = {
  ...{ steps: 'steps', run: 'run', runs: 'runs', workflows: 'workflows', execute: 'execute' },
  ...{ cancel: 'cancelRun', resume: 'resumeStep' },
} as const satisfies Record<UpstreamEndpoint, keyof Upstream>;

/** What is wrong with an answer to a waiting step. Clients see both fields. */
export interface UpstreamFieldError {
  /** Path within the answer, such as `customer.email`. Empty for the whole answer. */
  readonly path: string;
  readonly message: string;
}

export interface UpstreamErrorOptions extends ErrorOptions {
  /** When the call may be repeated. */
  readonly retryAfterSeconds?: number;
  /** With 422 from `resumeStep`. */
  readonly fields?: readonly UpstreamFieldError[];
}

/**
 * The failure of a call, as an HTTP status from 400 to 599: 401 for an invalid key, 403, 404, 409, 422, 429, 5xx.
 * Clients don't see the message. Throws RangeError for another status.
 */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly status: number;
  readonly retryAfterSeconds: number | null;
  readonly fields: readonly UpstreamFieldError[];

  constructor(
    status: number,
    message = `HTTP ${status}`,
    { retryAfterSeconds, fields = [], ...options }: UpstreamErrorOptions = {},
  ) {
    super(message, options);
    if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
      throw new RangeError(`The status of an UpstreamError must be a whole number from 400 to 599, got ${status}.`);
    }
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds ?? null;
    this.fields = fields;
  }
}
