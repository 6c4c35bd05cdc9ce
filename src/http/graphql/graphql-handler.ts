/**
 * The one handler of GraphQL over HTTP: POST and GET, JSON and server-sent events. Its stages, in order: authentication → rate
 * limit → body → response cache → operation pipeline → answer.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { Operations } from '../../graphql/operations/operations.ts';
import type { Answer, Outcome } from '../../graphql/operations/answer.ts';
import type { OperationRequest, UnacceptedCaller } from '../../graphql/operations/operation.ts';
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
import { onClosed, signalOfClient } from '../connection/client-signal.ts';
import { bytesBeyondText } from '../connection/json-bytes.ts';
import { ALLOWED_METHODS, createExchange, STREAM_PATH, type Exchange, type GraphqlPath } from '../exchange.ts';
import { EVENT_STREAM_HEADERS, type EventStreams } from '../live/event-streams.ts';
import { allowanceHeaders, type RateLimits } from '../rate-limits.ts';
import type { Send } from '../response.ts';
import type { UnacceptedCallers } from '../unaccepted-callers.ts';
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
  readonly operations: Operations;
  readonly streams: EventStreams;
  readonly send: Send;
  /** Value of the header: the request headers that every answer depends on. */
  readonly vary: string;
  readonly answerBrowser: AnswerBrowser;
  readonly observer: Pick<Observer, 'responseCacheHit'>;
}

/** What the stages know about a request so far. */
interface Stage {
  readonly reply: FastifyReply;
  readonly exchange: Exchange;
  readonly forms: AcceptedForms;
  readonly caller: Caller;
  readonly unaccepted: UnacceptedCaller | null;
  readonly held: HeldBytes;
}

/** Answers a request at one of the two paths. */
export type GraphqlHandler = (request: FastifyRequest, reply: FastifyReply, path: GraphqlPath) => Promise<void>;

export function createGraphqlHandler(options: GraphqlHandlerOptions): GraphqlHandler {
  const {
    authenticate,
    rateLimits,
    unacceptedCallers,
    responses,
    clientBytes,
    operations,
    streams,
    send,
    vary,
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

  async function handle(fastifyRequest: FastifyRequest, reply: FastifyReply, path: GraphqlPath): Promise<void> {
    const exchange = createExchange(fastifyRequest, reply, path);
    void reply.header('vary', vary);
    const forms = formsOf(exchange);
    if (forms.prefersHtml && exchange.method === 'GET' && (await answerBrowser(reply, exchange.search))) return;
    const caller = await authenticate(exchange.request);
    const unaccepted = unacceptedCallers.of(caller, exchange.request);
    const allowance = await rateLimits.take(caller, unaccepted);
    if (allowance && (caller.viewer || !allowance.isAllowed)) void reply.headers(allowanceHeaders(allowance));
    const held = createHolding(clientBytes.of(caller.viewer?.id ?? ANONYMOUS));
    const stage: Stage = { reply, exchange, forms, caller, unaccepted, held };
    try {
      if (allowance && !allowance.isAllowed) throw rateLimited(allowance);
      await answer(stage);
    } catch (error) {
      const refusal = operations.refuse({ ...startOf(stage), viewerId: caller.viewer?.id ?? null }, error);
      const body = Buffer.from(JSON.stringify(refusal.result));
      if (!reply.sent) await send(reply, responseOf(refusal, body, forms.json ?? JSON_TYPE));
    } finally {
      // A client that leaves early does not end the work at once.
      if (!held.isEmpty()) onClosed(exchange.response, held.end);
    }
  }

  async function answer(stage: Stage): Promise<void> {
    const { reply, exchange, forms, caller, held } = stage;
    checkMethodAndForms(exchange, forms);
    let body = exchange.method === 'POST' ? await readBody(exchange.request, held) : '';
    const { json } = forms;
    const key =
      caller.viewer && json !== null ? (responses?.keyOf(caller.viewer, requestText(exchange, body)) ?? null) : null;
    const cached = key && (await responses?.find(key, caller.untilMs));
    if (cached) {
      held.hold(cached.body.length);
      observer.responseCacheHit(exchange.requestId, key.viewer.id, exchange);
      await send(reply, cached);
      return;
    }
    checkHead(exchange);
    if (body.length >= MIN_COUNTED_BYTES) held.hold(bytesBeyondText(body));
    const request = { ...startOf(stage), ...requestOf(stage), params: readParams(exchange, body) };
    // It would be kept beside what was read of it: for as long as a stream lasts.
    body = '';
    if (json === null)
      await streams.send(
        exchange.response,
        () => takeHeaders(reply),
        () => operations.run(request),
      );
    else await execute(stage, request, key, json);
  }

  async function execute(stage: Stage, request: OperationRequest, key: CacheKey | null, type: JsonType): Promise<void> {
    const { reply, exchange, caller } = stage;
    const entry = key && responses?.begin(key, caller.untilMs);
    try {
      const outcome = await operations.run(request);
      if (outcome.kind === 'events') {
        try {
          await streams.send(
            exchange.response,
            () => takeHeaders(reply),
            () => Promise.resolve<Outcome>(outcome),
          );
        } finally {
          // They are not read where the client has disconnected, or the gateway stops.
          await outcome.events.return(undefined);
        }
        return;
      }
      const body = Buffer.from(JSON.stringify(outcome.result));
      const { untilMs } = outcome;
      const etag = exchange.method === 'GET' ? etagOf(body) : null;
      const isKept = entry && untilMs > 0;
      const response = isKept
        ? entry.keep({ body, contentType: type, etag, untilMs })
        : responseOf(outcome, body, type);
      await send(reply, response);
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

/** For a response that Fastify does not write. */
function takeHeaders(reply: FastifyReply): OutgoingHttpHeaders {
  const headers = Object.entries(reply.hijack().getHeaders());
  const texts = headers.map(([name, value]) => [name, typeof value === 'object' ? value : String(value)] as const);
  return { ...Object.fromEntries(texts), ...EVENT_STREAM_HEADERS };
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

function responseOf(answer: Answer, body: Buffer, type: JsonType) {
  const status = httpStatusOf(answer, type);
  return {
    status,
    body,
    contentType: type,
    cacheControl: 'no-store',
    headers: { ...headersOf(answer), ...(status === 405 && { allow: ALLOWED_METHODS }) },
  };
}

const headersOf = ({ headers }: Answer): Record<string, string> =>
  headers ? Object.fromEntries([...headers].filter(([name]) => name !== 'content-type')) : {};
