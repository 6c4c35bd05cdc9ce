/**
 * The one handler of GraphQL over HTTP: POST and GET, JSON and server-sent events. Its stages, in order: authentication → rate
 * limit → body → response cache → operation pipeline → response writer.
 */
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { OperationPipeline } from '../../graphql/operations/operation-pipeline.ts';
import type { Answer, OperationRequest, Outcome, UnacceptedCaller } from '../../graphql/operations/operation.ts';
import { rateLimited } from '../../graphql/operations/rate-limit.ts';
import type { Caller } from '../../auth/caller.ts';
import type { Observer } from '../../observability/observer.ts';
import type { OperationType } from '../../observability/operation-record.ts';
import type { Authenticate } from '../authentication.ts';
import { readBody } from '../body.ts';
import {
  ANONYMOUS,
  createHolding,
  MIN_COUNTED_BYTES,
  type ClientBytes,
  type HeldBytes,
} from '../connection/client-bytes.ts';
import { lengthOf, type Body } from '../body-parts.ts';
import { onClosed, signalOfClient } from '../connection/client-signal.ts';
import { bytesBeyondText } from '../connection/json-bytes.ts';
import { ALLOWED_METHODS, GRAPHQL_VARY, STREAM_PATH, type Exchange, type Handler } from '../exchange.ts';
import type { EventStreams } from '../live/event-streams.ts';
import { allowanceHeaders, type RateLimits } from '../rate-limits.ts';
import type { HttpResponse, ResponseWriter } from '../response-writer.ts';
import type { UnacceptedCallers } from '../unaccepted-callers.ts';
import { bodyOf } from './answer-bytes.ts';
import { createNegotiation, JSON_TYPE, type AcceptedForms, type JsonType } from './media-types.ts';
import { checkHead, readParams } from './params.ts';
import { etagOf, type CacheKey, type ResponseCache } from './response-cache.ts';
import type { AnswerBrowser } from './explorer-page.ts';
import { httpStatusOf } from './status.ts';

export interface GraphqlHandlerOptions {
  readonly authenticate: Authenticate;
  readonly rateLimits: RateLimits;
  readonly unacceptedCallers: UnacceptedCallers;
  /** Null: no answer is cached. */
  readonly responses: ResponseCache | null;
  readonly clientBytes: ClientBytes;
  readonly operations: OperationPipeline;
  readonly streams: EventStreams;
  readonly writer: ResponseWriter;
  readonly answerBrowser: AnswerBrowser;
  readonly observer: Pick<Observer, 'responseCacheHit'>;
}

/** What the stages know about a request so far. */
interface Stage {
  readonly exchange: Exchange;
  readonly forms: AcceptedForms;
  readonly caller: Caller;
  readonly unaccepted: UnacceptedCaller | null;
  /** Names and values in turn. */
  readonly rateHeaders: readonly string[];
  readonly held: HeldBytes;
}

export function createGraphqlHandler(options: GraphqlHandlerOptions): Handler {
  const {
    authenticate,
    rateLimits,
    unacceptedCallers,
    responses,
    clientBytes,
    operations,
    streams,
    writer,
    answerBrowser,
    observer,
  } = options;

  const { acceptedForms, acceptsEvents } = createNegotiation();

  /** `/graphql/stream` answers with events alone, and HEAD gets none: without a body a stream would never end. */
  function formsOf({ request, path }: Exchange): AcceptedForms {
    if (path === STREAM_PATH) return { json: null, events: acceptsEvents(request), prefersHtml: false };
    const forms = acceptedForms(request);
    return request.method === 'HEAD' ? { ...forms, events: false } : forms;
  }

  async function handle(exchange: Exchange): Promise<void> {
    const forms = formsOf(exchange);
    if (forms.prefersHtml && exchange.method === 'GET' && (await answerBrowser(exchange))) return;
    const caller = await authenticate(exchange.request);
    const unaccepted = unacceptedCallers.of(caller, exchange.request);
    const allowance = await rateLimits.take(caller, unaccepted);
    const rateHeaders = allowance && (caller.viewer || !allowance.isAllowed) ? allowanceHeaders(allowance) : [];
    const held = createHolding(clientBytes.of(caller.viewer?.id ?? ANONYMOUS));
    const stage: Stage = { exchange, forms, caller, unaccepted, rateHeaders, held };
    try {
      if (allowance && !allowance.isAllowed) throw rateLimited(allowance);
      await answer(stage);
    } catch (error) {
      const refusal = operations.refuse({ ...startOf(stage), viewerId: caller.viewer?.id ?? null }, error);
      const body = Buffer.from(JSON.stringify(refusal.result));
      writer.write(exchange, withHeaders(responseOf(refusal, body, forms.json ?? JSON_TYPE), rateHeaders));
    } finally {
      // A client that leaves early does not end the work at once.
      if (!held.isEmpty()) onClosed(exchange.response, held.end);
    }
  }

  async function answer(stage: Stage): Promise<void> {
    const { exchange, forms, caller, rateHeaders, held } = stage;
    checkMethodAndForms(exchange, forms);
    let body = exchange.method === 'POST' ? await readBody(exchange.request, held) : '';
    const { json } = forms;
    const key =
      caller.viewer && json !== null ? (responses?.keyOf(caller.viewer, requestText(exchange, body)) ?? null) : null;
    const cached = key && (await responses?.find(key, caller.untilMs));
    if (cached) {
      held.hold(lengthOf(cached.body));
      observer.responseCacheHit(exchange.requestId, key.viewer.id, exchange);
      writer.write(exchange, withHeaders(cached, rateHeaders));
      return;
    }
    checkHead(exchange);
    if (body.length >= MIN_COUNTED_BYTES) held.hold(bytesBeyondText(body));
    const request = { ...startOf(stage), ...requestOf(stage), params: readParams(exchange, body) };
    // It would be kept beside what was read of it: for as long as a stream lasts.
    body = '';
    if (json === null) await streams.send(exchange, rateHeaders, () => operations.run(request));
    else await execute(stage, request, key, json);
  }

  async function execute(stage: Stage, request: OperationRequest, key: CacheKey | null, type: JsonType): Promise<void> {
    const { exchange, caller, rateHeaders } = stage;
    const entry = key && responses?.begin(key, caller.untilMs);
    try {
      const outcome = await operations.run(request);
      if (outcome.kind === 'events') {
        try {
          await streams.send(exchange, rateHeaders, () => Promise.resolve<Outcome>(outcome));
        } finally {
          // They are not read where the client has disconnected, or the gateway stops.
          await outcome.events.return(undefined);
        }
        return;
      }
      const body = await bodyOf(outcome, () => exchange.response.destroyed);
      if (!body) return;
      const { untilMs } = outcome;
      const etag = exchange.method === 'GET' ? etagOf(body) : null;
      const isKept = entry && untilMs > 0;
      const response = isKept
        ? entry.keep({ body, contentType: type, etag, untilMs })
        : responseOf(outcome, body, type);
      writer.write(exchange, withHeaders(response, rateHeaders));
    } finally {
      entry?.end();
    }
  }

  const requestOf = ({ exchange: { request, response, method }, forms, caller, unaccepted, held }: Stage) => ({
    caller,
    authenticate: () => authenticate(request),
    unaccepted,
    allowed: allowedTypes(method, forms),
    client: {
      signal: signalOfClient(response),
      isGone: () => response.destroyed,
      ...held,
    },
  });

  return handle;
}

const startOf = ({ exchange, forms }: Stage) =>
  ({
    transport: forms.json === null ? 'graphql-sse' : 'http',
    requestId: exchange.requestId,
    traceparent: exchange.request.headers.traceparent as string | readonly string[] | undefined,
    http: exchange,
  }) as const;

function checkMethodAndForms({ request, method, path }: Exchange, { json, events }: AcceptedForms): void {
  const isHeadOfStream = request.method === 'HEAD' && path === STREAM_PATH;
  if ((method !== 'GET' && method !== 'POST') || isHeadOfStream) {
    throw requestError('BAD_REQUEST', `Expected GET or POST, got ${request.method ?? method}.`, 405);
  }
  if (json !== null || events) return;
  const types =
    path === STREAM_PATH
      ? 'text/event-stream'
      : 'application/json, application/graphql-response+json or text/event-stream';
  throw requestError('BAD_REQUEST', `Accept: expected ${types}; the request accepts none of them.`, 406);
}

function allowedTypes(method: string, { events }: AcceptedForms): ReadonlySet<OperationType> {
  const types: OperationType[] = ['query'];
  if (method === 'POST') types.push('mutation');
  if (events) types.push('subscription');
  return new Set(types);
}

/** The parts are separated by line breaks, which no header can contain. */
function requestText({ request, method, search }: Exchange, body: string): string {
  const { accept = '', 'content-type': contentType = '' } = request.headers;
  return `${method}\n${accept}\n${contentType}\n${search}\n${body}`;
}

function responseOf(answer: Answer, body: Body, type: JsonType) {
  const status = httpStatusOf(answer, type);
  return {
    status,
    body,
    contentType: type,
    cacheControl: 'no-store',
    vary: GRAPHQL_VARY,
    ...(status === 405 && { headers: ['allow', ALLOWED_METHODS] }),
  };
}

const withHeaders = (response: HttpResponse, headers: readonly string[]): HttpResponse =>
  headers.length === 0 ? response : { ...response, headers: [...(response.headers ?? []), ...headers] };
