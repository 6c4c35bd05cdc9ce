/** Calls that change something upstream. Each is sent once. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { JsonObject, JsonValue } from '../domain/types.ts';
import type { RunRef, StepRef } from './ids.ts';

/** `callKey` is sent as `Idempotency-Key`. */
export type Write =
  | { readonly endpoint: 'execute'; readonly workflowId: string; readonly inputs: JsonObject }
  | (RunRef & { readonly endpoint: 'cancel'; readonly callKey: string })
  | (StepRef & { readonly endpoint: 'resume'; readonly callKey: string; readonly answer: JsonValue });

const ENDPOINTS: Readonly<Record<Write['endpoint'], true>> = { execute: true, cancel: true, resume: true };

export const isWrite = (endpoint: UpstreamEndpoint): endpoint is Write['endpoint'] => endpoint in ENDPOINTS;

/** The upstream's response to a write. */
export interface Written {
  /** The run that was started, cancelled or resumed. */
  readonly runId: string;
  readonly message: string | null;
}
