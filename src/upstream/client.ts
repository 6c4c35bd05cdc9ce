/** Client of the upstream API: a transport, resilience around each call, and the wire contract. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config, UpstreamEndpoint } from '../config/config.ts';
import { createStatusOf } from '../domain/status.ts';
import type { ReportedTokens, RunRecord, WorkflowGraph } from '../domain/types.ts';
import type { UpstreamState } from '../observability/metrics.ts';
import type { Observer } from '../observability/observer.ts';
import type { CallOptions, RunRef, UpstreamAnswer, UpstreamApi, Write, Written } from './api.ts';
import { Door } from './door.ts';
import { AbandonedError, GatewayError, isNotFound } from './errors.ts';
import { pathSegment } from './ids.ts';
import { readAnswer, receivedValue, type Reading, type ReadValue } from './reading.ts';
import { jsonBytesOf, parseBody } from './transport/json-body.ts';
import { ownCopy } from '../runtime/own-bytes.ts';
import { isAction, type Post, type Transport, type TransportCall } from './transport/transport.ts';
import { withOutcome } from './unknown-outcome.ts';
import { createDeviations, type Deviations } from './wire/deviations.ts';
import { valueOf } from './worker/messages.ts';
import type { ReadingWorker } from './worker/reading-worker.ts';
import { FUNCTIONS } from './port.ts';
import { createResilience } from './resilience.ts';

export type * from './api.ts';

export interface UpstreamClient extends UpstreamApi {
  readonly state: () => UpstreamState;
}

export interface UpstreamClientOptions {
  readonly config: Config;
  readonly transport: Transport;
  readonly observer: Pick<Observer, 'call'>;
  readonly worker: ReadingWorker;
  /** The worker reads larger responses. Default: one mebibyte. */
  readonly maxBytesOnLoop?: number | undefined;
}

/** The first turn opens a new connection, the second one writes the call to it. */
const TURNS_TO_SEND = 2;

const MAX_BYTES_ON_LOOP = 2 ** 20;

type Call = Reading['call'];

/** What was read from a response, and the bytes kept of it. */
interface Read<Each extends Call> {
  readonly value: ReadValue<Each>;
  readonly kept: Buffer;
}

interface Target {
  readonly endpoint: UpstreamEndpoint;
  /** An endpoint of one workflow. If it is slow or fails, the others still work. */
  readonly compartment: string;
  readonly path: string;
  readonly ask: Ask;
}

type Ask = TransportCall['ask'];

export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const { config, transport, observer, worker, maxBytesOnLoop = MAX_BYTES_ON_LOOP } = options;
  const { upstreamEndpoints, upstreamTimeoutMs: timeoutMs, upstreamConcurrency: concurrency } = config;
  const statusOf = createStatusOf(config.statusWords);
  const resilience = createResilience({ timeoutMs, concurrency });

  async function get<Each extends Exclude<Call, 'execute' | 'action'>>(
    target: Target,
    reading: Reading & Reading<Each>,
    call: CallOptions,
    keptBytes: (body: Buffer, value: ReadValue<Each>) => number = wholeBody,
  ): Promise<UpstreamAnswer<ReadValue<Each>>> {
    const answerOf = (body: Buffer, { value, kept }: Read<Each>) => ({
      value,
      sizeBytes: cachedBytes(keptBytes(kept, value), value),
      body,
    });
    if (!call.stored) return send(target, call, null, reading, answerOf);
    // Deviations of a stored response were reported when it arrived.
    const body = ownCopy(call.stored);
    return answerOf(body, await read<Each>(jsonBytesOf(body).bytes, reading, call, createDeviations()));
  }

  /** Makes one call with its retries, observed as a whole. A POST is sent once. */
  async function send<Each extends Call, T>(
    { endpoint, compartment, path, ask }: Target,
    call: CallOptions,
    post: Post | null,
    reading: Reading & Reading<Each>,
    answerOf: (body: Buffer, read: Read<Each>) => T,
  ): Promise<T> {
    const { viewerId, requesters, signal, rejections } = call;
    const deviations = createDeviations();
    const method = post ? 'POST' : 'GET';
    const url = transport.urlOf(path);
    const observation = observer.call(endpoint, { method, url }, call.operationRecord);
    const { traceHeaders, answered } = observation;
    const { credential, requestId } = call;
    const sent = { path, ask, post, credential, requestId, viewerId, signal, traceHeaders, answered };
    const attempt = (isTrial: boolean) => {
      observation.attempt();
      return transport.send({ ...sent, isTrial });
    };
    const lane = { requesters, compartment, rejections };
    try {
      const body = await resilience[post ? 'once' : 'repeatable'](lane, attempt, signal);
      // By now, a waiting call has this call's slot. It is sent before this response is parsed, which takes longer.
      for (let turns = 0; turns < TURNS_TO_SEND && resilience.hasQueue(); turns += 1) await nextTurn();
      const { bytes, hasByteOrderMark, hasInvalidUtf8 } = jsonBytesOf(
        body.length === 0 && isAction(post) ? NO_MESSAGE : body,
      );
      if (hasByteOrderMark) deviations.add(endpoint, 'read', 'JSON', 'a byte order mark before it');
      if (hasInvalidUtf8) deviations.add(endpoint, 'lost', 'UTF-8', 'other bytes');
      const found = await read<Each>(bytes, reading, call, deviations);
      observation.end('ok');
      return answerOf(body, found);
    } catch (error) {
      observation.end(outcomeOf(error));
      throw error;
    } finally {
      observation.deviated(deviations.found());
    }
  }

  /** Reads a response: a large one in the worker, because it would block the event loop. */
  async function read<Each extends Call>(
    bytes: Buffer,
    reading: Reading & Reading<Each>,
    { reader, redaction, signal }: CallOptions,
    deviations: Deviations,
  ): Promise<Read<Each>> {
    if (bytes.length <= Math.min(maxBytesOnLoop, redaction?.maxBytesOnLoop ?? Infinity)) {
      const { value, json } = readAnswer<Each>(parseBody(bytes), reading, redaction, statusOf, deviations.add);
      return { value, kept: json.bytes };
    }
    const { share, order } = reader;
    // It is never held back: the response is for all who read the run.
    const waiting = { share, order, isAbandoned: () => signal.aborted, isHeldBack: () => false };
    const request = { body: bytes, reading, redaction, statusWords: config.statusWords };
    const { value, kept: redacted, deviations: found } = valueOf(await worker.readAnswer(waiting, request));
    const kept = redacted ? ownCopy(redacted) : bytes;
    for (const { field, outcome, expected, got, count } of found) deviations.add(field, outcome, expected, got, count);
    // Boundary: the value comes from our own process.
    return { value: receivedValue<Each>(reading, value, kept), kept };
  }

  function sendWrite(write: Write, call: CallOptions): Promise<Written> {
    const written = (_body: Buffer, { value }: Read<'execute' | 'action'>) => value;
    switch (write.endpoint) {
      case 'execute': {
        const { workflowId, inputs } = write;
        const ask: Ask = (upstream, sent) => upstream.execute?.({ workflowId, inputs }, sent);
        const target = ofWorkflow('execute', workflowId, ask, '/execute');
        return send(target, call, { json: inputs, callKey: null }, { call: 'execute', args: {} }, written);
      }
      case 'cancel': {
        const { workflowId, runId, callKey } = write;
        const ref = { workflowId, runId };
        const ask: Ask = (upstream, sent) => upstream.cancelRun?.(ref, { ...sent, idempotencyKey: callKey });
        const reading = { call: 'action', args: { endpoint: 'cancel', runId } } as const;
        return send(ofRun('cancel', ref, ask, '/cancel'), call, { json: {}, callKey }, reading, written);
      }
      case 'resume': {
        const { workflowId, runId, stepId, answer, callKey } = write;
        const resumed = { workflowId, runId, stepId, answer };
        const ask: Ask = (upstream, sent) => upstream.resumeStep?.(resumed, { ...sent, idempotencyKey: callKey });
        const target = ofRun('resume', write, ask, `/steps/${pathSegment('step id', stepId)}/resume`);
        const reading = { call: 'action', args: { endpoint: 'resume', runId } } as const;
        return send(target, call, { json: { answer }, callKey }, reading, written);
      }
    }
  }

  const hasFunctions = transport.urlOf('') === null;

  function checkOffered(endpoint: UpstreamEndpoint): void {
    if (upstreamEndpoints.has(endpoint)) return;
    throw new GatewayError(
      'UPSTREAM_ENDPOINT_DISABLED',
      `The upstream call "${endpoint}" is disabled. ${
        hasFunctions
          ? `The option upstream needs a function ${FUNCTIONS[endpoint]}.`
          : 'Add it to UPSTREAM_ENDPOINTS if the upstream has it.'
      }`,
    );
  }

  return {
    listSteps: async (ref, call) =>
      get(
        ofRun('steps', ref, (upstream, sent) => upstream.steps(ref, sent), '/steps'),
        { call: 'steps', args: { runId: ref.runId } },
        call,
      ),

    async write(write, call) {
      checkOffered(write.endpoint);
      try {
        return await sendWrite(write, call);
      } catch (error) {
        throw withOutcome(redactedProblems(error, call), write.endpoint);
      }
    },

    async getRun(ref, call) {
      checkOffered('run');
      const ask: Ask = (upstream, sent) => upstream.run?.(ref, sent);
      const reading = { call: 'run', args: { runId: ref.runId } } as const;
      return get(ofRun('run', ref, ask), reading, call, (_body, record) => ownBytes([record]));
    },

    async listRuns({ workflowId, offset, limit }, call) {
      checkOffered('runs');
      const ask: Ask = (upstream, sent) => upstream.runs?.({ workflowId, offset, limit }, sent);
      const target = ofWorkflow('runs', workflowId, ask, `/runs?limit=${limit}&offset=${offset}`);
      return get(target, { call: 'runs', args: { limit } }, call, (_body, records) => ownBytes(records));
    },

    async listWorkflows(call) {
      checkOffered('workflows');
      const ask: Ask = (upstream, sent) => upstream.workflows?.(sent);
      const target: Target = { endpoint: 'workflows', compartment: 'workflows', path: 'workflows', ask };
      try {
        return await get(target, { call: 'workflows', args: {} }, call);
      } catch (error) {
        // The only call without an id in its path.
        throw isNotFound(error) ? new GatewayError('NOT_FOUND', NO_WORKFLOWS, error.details) : error;
      }
    },

    state: resilience.state,
    close: () => {
      transport.close();
    },
  };
}

/** An action may respond without content. */
const NO_MESSAGE = Buffer.from('{}');

function redactedProblems(error: unknown, { redaction }: CallOptions): unknown {
  if (!redaction || !(error instanceof GatewayError) || !error.details.fields) return error;
  const { code, message, details } = error;
  return new GatewayError(code, message, { ...details, fields: new Door(redaction).problems(error.details.fields) });
}

const NO_WORKFLOWS = 'List of workflows not found upstream at `workflows` (HTTP 404). Check the path of UPSTREAM_URL.';

/** Returns the outcome of a failed call as a metric label: its error code. */
function outcomeOf(error: unknown): string {
  if (error instanceof GatewayError) return error.code;
  return error instanceof AbandonedError ? 'ABANDONED' : 'INTERNAL_SERVER_ERROR';
}

/**
 * Bytes counted for the facts of a step or run, with all derived data. Measured on Node 24: 0.8 to 1.1 KB of heap. Heap
 * bytes count more than body bytes, because V8 lets as much garbage grow with them.
 */
const BYTES_A_FACT = 940;
const BODY_SHARE = 0.6;

/** Members of a fact that may be long. */
interface Fact {
  readonly error?: string | null;
  readonly graph?: WorkflowGraph | null;
  readonly nodeTokens?: readonly ReportedTokens[];
}

type Facts = Fact | readonly Fact[] | null;

export function cachedBytes(bodyBytes: number, facts: Facts): number {
  const counted = [facts].flat().reduce((sum, fact) => sum + factBytesOf(fact), Math.ceil(bodyBytes * BODY_SHARE));
  return Math.max(bodyBytes, counted);
}

const factBytesOf = (fact: Fact | null): number =>
  BYTES_A_FACT + bytesOf(fact?.error) + (fact?.graph ? graphBytesOf(fact.graph) : 0) + tokenBytesOf(fact?.nodeTokens);

/** Bytes of a node's tokens, without the name of the model. Measured on Node 24: 96 bytes of heap. */
const BYTES_OF_TOKENS = 120;

const tokenBytesOf = (nodeTokens: readonly ReportedTokens[] = []): number =>
  nodeTokens.reduce((sum, { model }) => sum + BYTES_OF_TOKENS + bytesOf(model), 0);

/** Bytes of a node or edge, with all derived data. */
const BYTES_A_PART = 300;

const graphBytesOf = ({ nodes, edges }: WorkflowGraph): number =>
  nodes.reduce((sum, { id, type, description }) => sum + bytesOf(id) + bytesOf(type) + bytesOf(description), 0) +
  edges.reduce((sum, { from, to }) => sum + bytesOf(from) + bytesOf(to), 0) +
  (nodes.length + edges.length) * BYTES_A_PART;

const wholeBody = (body: Buffer): number => body.length;

/** Records have their own payload bytes, and a status of any length. The rest of the response isn't cached. */
const ownBytes = (records: readonly (RunRecord | null)[]): number =>
  records.reduce((sum, record) => sum + (record ? record.payload.body.length + bytesOf(record.rawStatus) : 0), 0);

const bytesOf = (text: string | null | undefined): number => 2 * (text?.length ?? 0);

const ofWorkflow = (endpoint: UpstreamEndpoint, workflowId: string, ask: Ask, path: string): Target => ({
  endpoint,
  ask,
  compartment: `${endpoint} ${workflowId}`,
  path: `workflows/${pathSegment('workflow id', workflowId)}${path}`,
});

const ofRun = (endpoint: UpstreamEndpoint, { workflowId, runId }: RunRef, ask: Ask, path = ''): Target =>
  ofWorkflow(endpoint, workflowId, ask, `/runs/${pathSegment('run id', runId)}${path}`);
