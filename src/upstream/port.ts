/** An upstream of an embedder: the calls of the workflow API as functions. docs/embedding.md describes it. */
import type { JsonObject } from '../domain/types.ts';
import type { RunRef, RunWindow } from './api.ts';

/** A call in progress. */
export interface UpstreamCall {
  /** The key of the caller. In passthrough mode the function must refuse a wrong one with `UpstreamError(401)`. */
  readonly credential: string;
  readonly requestId: string;
  /** Fires after UPSTREAM_TIMEOUT_MS, or when no client waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Each function resolves with the JSON of the workflow API's contract: as bytes (`Uint8Array`), or as a value, which is written by
 * `JSON.stringify`. It rejects with `UpstreamError`; any other error is logged, and counts as an outage. A call without a
 * function is disabled.
 */
export interface Upstream {
  /** Names the source of the data: in a fleet, gateways whose upstreams have the same name share answers. */
  readonly name: string;
  /** An array of steps. */
  steps(run: RunRef, call: UpstreamCall): Promise<object>;
  /** An array with one run record. */
  run?(run: RunRef, call: UpstreamCall): Promise<object>;
  /** An array of run records, newest first. */
  runs?(window: RunWindow, call: UpstreamCall): Promise<object>;
  /** An array of workflows. */
  workflows?(call: UpstreamCall): Promise<object>;
  /** Starts a run: `{ run_id, message }`. Called once. */
  execute?(start: { readonly workflowId: string; readonly inputs: JsonObject }, call: UpstreamCall): Promise<object>;
}

export interface UpstreamErrorOptions extends ErrorOptions {
  /** Time after which the call may be repeated. */
  readonly retryAfterSeconds?: number;
}

/** The failure of a call, as a status of HTTP: 401 for a wrong key, 403, 404, 429, 5xx. Clients do not see the message. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly status: number;
  readonly retryAfterSeconds: number | null;

  constructor(
    status: number,
    message = `HTTP ${status}`,
    { retryAfterSeconds, ...options }: UpstreamErrorOptions = {},
  ) {
    super(message, options);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds ?? null;
  }
}
