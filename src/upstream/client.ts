/** The upstream API: one function a call, each answering domain facts or a GatewayError. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { UpstreamEndpoint } from '../config/config.ts';
import type { UpstreamState } from '../observability/metrics.ts';
import type { OperationRecord } from '../observability/operation-record.ts';
import type { Observer } from '../observability/observer.ts';
import type { JsonObject, RunRecord, StepFacts, WorkflowRecord } from '../domain/types.ts';
import { readRun, readRuns, readStartedRun, readSteps, readWorkflows, type StartedRun } from './contract.ts';
import { AbandonedError, GatewayError } from './errors.ts';
import { checkId } from './ids.ts';
import { createJsonHttp, type JsonRequest } from './json-http.ts';
import { createJsonTexts, type JsonText } from './json-text.ts';
import type { Scope } from './scope.ts';
import { createResilience, type ResilienceOptions } from './resilience.ts';

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

export interface CallOptions {
  /** The bearer key that the call carries. */
  readonly credential: string;
  readonly requestId: string;
  /** What narrows the caller's scope; null: nothing. */
  readonly scope: Scope | null;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Of the operation that pays for it. */
  readonly operationRecord?: OperationRecord | undefined;
}

/** What came, and how many bytes of memory it takes to hold it. */
export interface UpstreamAnswer<T> {
  readonly value: T;
  readonly sizeBytes: number;
}

/** Every call rejects with UPSTREAM_ENDPOINT_DISABLED where the operator has said that the upstream does not offer it. */
export interface UpstreamApi {
  /** Call 1. */
  listSteps(ref: RunRef, options: CallOptions): Promise<UpstreamAnswer<readonly StepFacts[]>>;
  /** Call 2. Sent once, whatever fails: an error's `outcomeIsUnknown` says that the run may have started. */
  execute(workflowId: string, inputs: JsonObject, options: CallOptions): Promise<StartedRun>;
  /** Call 3. Null where the upstream answers an empty list. */
  getRun(ref: RunRef, options: CallOptions): Promise<UpstreamAnswer<RunRecord | null>>;
  /** Call 4. */
  listRuns(window: RunWindow, options: CallOptions): Promise<UpstreamAnswer<readonly RunRecord[]>>;
  /** Call 5. */
  listWorkflows(options: CallOptions): Promise<UpstreamAnswer<readonly WorkflowRecord[]>>;
  close(): void;
}

export interface UpstreamClient extends UpstreamApi {
  /** At this moment. */
  readonly state: () => UpstreamState;
}

export interface UpstreamClientOptions extends ResilienceOptions {
  /** Ends with `/`; may have a path of its own. */
  readonly baseUrl: string;
  /** What the upstream offers. */
  readonly endpoints: ReadonlySet<UpstreamEndpoint>;
  readonly maxResponseBytes: number;
  readonly observer?: Pick<Observer, 'call'>;
}

export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const { baseUrl, endpoints, maxResponseBytes, timeoutMs, observer } = options;
  const resilience = createResilience(options);
  const http = createJsonHttp(maxResponseBytes, timeoutMs);
  const jsonTextOf = createJsonTexts();

  const requestOf = (method: JsonRequest['method'], path: string, { credential, requestId }: CallOptions) => ({
    method,
    url: new URL(path, baseUrl),
    headers: { authorization: `Bearer ${credential}`, 'x-request-id': requestId },
  });

  async function get<T>(
    endpoint: UpstreamEndpoint,
    path: string,
    read: (text: JsonText) => T,
    call: CallOptions,
  ): Promise<UpstreamAnswer<T>> {
    return send(endpoint, requestOf('GET', path, call), call, 'repeatable', (text) => {
      const value = read(text);
      return { value, sizeBytes: cachedBytes(text, Array.isArray(value) ? value.length : 1) };
    });
  }

  /** With its retries, and under the observer's eyes. */
  async function send<T>(
    endpoint: UpstreamEndpoint,
    request: JsonRequest,
    { signal, operationRecord }: CallOptions,
    policy: 'once' | 'repeatable',
    read: (text: JsonText) => T,
  ): Promise<T> {
    const seen = observer?.call(endpoint, request, operationRecord);
    const observed = {
      ...request,
      headers: { ...request.headers, ...(seen?.traceparent && { traceparent: seen.traceparent }) },
      ...(seen && { answered: seen.answered }),
    };
    const attempt = (attemptSignal: AbortSignal) => {
      seen?.attempt();
      return http.request(observed, signal, attemptSignal);
    };
    try {
      const bytes = await resilience[policy](attempt, signal);
      // The call's place is free by now: whoever waited for it sends first, since to read takes longer.
      if (resilience.state().callsQueued > 0) await nextTurn();
      const value = read(jsonTextOf(bytes));
      seen?.end('ok');
      return value;
    } catch (error) {
      seen?.end(outcomeOf(error));
      throw error;
    }
  }

  function checkOffered(endpoint: UpstreamEndpoint): void {
    if (endpoints.has(endpoint)) return;
    throw new GatewayError(
      'UPSTREAM_ENDPOINT_DISABLED',
      `this needs the upstream's "${endpoint}" call, which is switched off here (UPSTREAM_ENDPOINTS)`,
    );
  }

  return {
    listSteps: async (ref, call) => get('steps', `${runPath(ref)}/steps`, readSteps, call),

    async execute(workflowId, inputs, call) {
      checkOffered('execute');
      const request = { ...requestOf('POST', `${workflowPath(workflowId)}/execute`, call), json: inputs };
      try {
        return await send('execute', request, call, 'once', readStartedRun);
      } catch (error) {
        throw withOutcome(error);
      }
    },

    async getRun(ref, call) {
      checkOffered('run');
      return get('run', runPath(ref), (text) => readRun(text, ref.runId), call);
    },

    async listRuns({ workflowId, offset, limit }, call) {
      checkOffered('runs');
      return get('runs', `${workflowPath(workflowId)}/runs?limit=${limit}&offset=${offset}`, readRuns, call);
    },

    async listWorkflows(call) {
      checkOffered('workflows');
      return get('workflows', 'workflows', readWorkflows, call);
    },

    state: resilience.state,
    close: () => {
      http.close();
    },
  };
}

/** `ok` aside, what came of a call: the code of its error, as a label. */
function outcomeOf(error: unknown): string {
  if (error instanceof GatewayError) return error.code;
  return error instanceof AbandonedError ? 'ABANDONED' : 'INTERNAL_SERVER_ERROR';
}

/** What a fact takes, and a step or a run derived from it: 1.1 KB in heap snapshots, and more than as much for garbage. */
const BYTES_A_FACT = 3400;
/** Buffers of many sizes leave gaps, and some wait for the collector. */
const TEXT_OVERHEAD = 1.25;

/** Measured together: over runs of 40 KB and 20 steps the process takes no more than this, whatever it cached before. */
const cachedBytes = (text: JsonText, facts: number): number =>
  Math.ceil(text.sizeBytes * TEXT_OVERHEAD) + facts * BYTES_A_FACT;

const workflowPath = (workflowId: string): string => `workflows/${checkId('workflow id', workflowId)}`;

const runPath = ({ workflowId, runId }: RunRef): string =>
  `${workflowPath(workflowId)}/runs/${checkId('run id', runId)}`;

/** What the upstream says before it acts: then nothing has started. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 429]);

/** Of a failed execution: unless the request never left or was refused, the run may have started. */
function withOutcome(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message, details } = error;
  const wasRefused = details.upstreamStatus !== undefined && REFUSALS.has(details.upstreamStatus);
  if (details.wasNotSent || wasRefused || code === 'BAD_USER_INPUT') return error;
  return new GatewayError(
    code,
    `${message}. Whether the run has started is not known: look at the workflow's runs before you try again`,
    { ...details, outcomeIsUnknown: true },
  );
}
