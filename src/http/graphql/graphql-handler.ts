/**
 * The one handler of GraphQL over HTTP: POST and GET, JSON and server-sent events. Its stages, in order: authentication → rate
 * limit → body → response cache → operation pipeline → answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { Operations } from '../../graphql/operations/operations.ts';
import { PARSED_AT_ONCE_BYTES, type Ticket } from '../../graphql/admission/ticket.ts';
import type { Admission } from '../../graphql/admission/admission.ts';
import type {
  AdmitEvent,
  AdmittedRequest,
  OperationParams,
  OperationRequest,
  Outcome,
} from '../../graphql/operations/operation.ts';
import { rateLimited } from '../../graphql/operations/rate-limit.ts';
import { GatewayError } from '../../upstream/errors.ts';
import type { Observer } from '../../observability/observer.ts';
import type { OperationType } from '../../observability/operation-record.ts';
import type { Authenticate } from '../authentication.ts';
import { readBody } from '../body.ts';
import { onClosed, RequestClient } from '../connection/request-client.ts';
import { clientInfoOf } from '../headers/client-info.ts';
import type { SendEvents } from '../live/event-streams.ts';
import { allowanceHeaders, type RateLimits } from '../rate-limits.ts';
import type { Send } from '../response.ts';
import { STREAM_PATH, type GraphqlPath } from '../routes.ts';
import type { Owners } from '../owners.ts';
import { acceptsEvents, createAcceptedForms, JSON_TYPE, type AcceptedForms, type JsonType } from './media-types.ts';
import { checkHead, readParams } from './params.ts';
import { etagOf, type CacheKey, type ResponseCache } from './response-cache.ts';
import { bytesOf, responseOf } from './json-response.ts';
import type { AnswerBrowser } from './explorer-page.ts';

export interface GraphqlHandlerOptions {
  readonly authenticate: Authenticate;
  readonly rateLimits: RateLimits;
  readonly owners: Owners;
  readonly admission: Admission;
  /** Null: no answer is cached. */
  readonly responses: ResponseCache | null;
  readonly operations: Operations;
  readonly sendEvents: SendEvents;
  readonly send: Send;
  /** Value of the header: the request headers that every answer depends on. */
  readonly vary: string;
  readonly answerBrowser: AnswerBrowser;
  readonly observer: Pick<Observer, 'responseCacheHit'>;
  /** A 429 waits this long, or up to twice as long. */
  readonly refusalMs: number;
}

/** One request, as its stages read it. */
interface Exchange extends OperationRequest {
  readonly http: { readonly request: IncomingMessage; readonly response: ServerResponse };
  readonly client: RequestClient;
  readonly reply: FastifyReply;
  /** GET for HEAD too: node:http leaves out its body. */
  readonly method: string;
  /** The path of the route, without a prefix. */
  readonly path: GraphqlPath;
  /** The query string with its question mark; empty if there is none. */
  readonly search: string;
  readonly forms: AcceptedForms;
}

type AdmittedExchange = Exchange & AdmittedRequest;

/** Answers a request at one of the two paths. */
export type GraphqlHandler = (request: FastifyRequest, reply: FastifyReply, path: GraphqlPath) => Promise<void>;

export function createGraphqlHandler(options: GraphqlHandlerOptions): GraphqlHandler {
  const {
    authenticate,
    rateLimits,
    owners,
    admission,
    responses,
    operations,
    sendEvents,
    send,
    vary,
    answerBrowser,
    observer,
    refusalMs,
  } = options;

  const acceptedForms = createAcceptedForms();
  const slowDown = createSlowDown(refusalMs);

  /** `/graphql/stream` answers only with events. HEAD gets none: without a body a stream would never end. */
  function formsOf(request: IncomingMessage, path: GraphqlPath): AcceptedForms {
    if (path === STREAM_PATH) return { json: null, events: acceptsEvents(request), prefersHtml: false };
    const forms = acceptedForms(request);
    return request.method === 'HEAD' ? { ...forms, events: false } : forms;
  }

  async function handle({ raw: request, id }: FastifyRequest, reply: FastifyReply, path: GraphqlPath): Promise<void> {
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const search = searchOf(request);
    const forms = formsOf(request, path);
    void reply.header('vary', vary);
    if (forms.prefersHtml && method === 'GET' && (await answerBrowser(reply, search))) return;
    const caller = await authenticate(request);
    const exchange: Exchange = {
      transport: forms.json === null ? 'graphql-sse' : 'http',
      requestId: id,
      http: { request, response: reply.raw },
      clientInfo: clientInfoOf(request.headers),
      caller,
      authenticate: () => authenticate(request),
      unaccepted: owners.unaccepted(caller, request),
      allowed: allowedTypes(method, forms),
      client: new RequestClient(reply.raw),
      reply,
      method,
      path,
      search,
      forms,
    };
    let ticket: Ticket | null = null;
    try {
      await limit(exchange);
      checkMethodAndForms(exchange);
      const isGone = () => reply.raw.destroyed;
      const owner = owners.of(caller, request);
      // A subscription waits for room, so that thousands that reconnect at once are let in.
      const admitted = forms.json === null ? admission.admitLater(owner, isGone) : admission.admit(owner, isGone);
      ticket = admitted instanceof Promise ? await admitted : admitted;
      const admitEvent: AdmitEvent = (bytes, isLeft) => admission.admitEvent(owners.of(caller, request), isLeft, bytes);
      await answer({ ...exchange, ticket, admitEvent });
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'RATE_LIMITED') await slowDown(request.socket);
      const refusal = operations.refuse(exchange, error);
      if (!reply.sent) await send(reply, responseOf(refusal, bytesOf(refusal), forms.json ?? JSON_TYPE));
    } finally {
      if (ticket) endWhenWritten(ticket, reply.raw);
    }
  }

  async function limit({ caller, unaccepted, reply }: Exchange): Promise<void> {
    const allowance = await rateLimits.take(caller, unaccepted);
    if (!allowance) return;
    if (caller.viewer || !allowance.isAllowed) void reply.headers(allowanceHeaders(allowance));
    if (!allowance.isAllowed) throw rateLimited(allowance);
  }

  async function answer(exchange: AdmittedExchange): Promise<void> {
    const { http, requestId, caller, client, reply, method, search, forms, ticket } = exchange;
    const { json } = forms;
    let body = method === 'POST' ? await readBody(http.request, ticket) : '';
    const key =
      caller.viewer && json !== null ? (responses?.keyOf(caller.viewer, requestText(exchange, body)) ?? null) : null;
    const cached = key && (await responses?.find(key, caller.untilMs));
    if (cached) {
      const room = ticket.answer(cached.body.length);
      if (room) await room;
      observer.responseCacheHit(requestId, key.viewer.id, http, exchange.clientInfo);
      await send(reply, cached);
      return;
    }
    checkHead(method, http.request.headers);
    if (body.length > PARSED_AT_ONCE_BYTES) await ticket.nextTurn();
    let params: OperationParams | null = readParams(method, search, body);
    // Otherwise the body would stay in memory as long as a stream lasts.
    body = '';
    const run = () => {
      const given = params ?? {};
      params = null;
      return operations.run(exchange, given);
    };
    if (json === null) await sendEvents(reply, client, run);
    else await execute(exchange, run, key, json);
  }

  async function execute(
    exchange: AdmittedExchange,
    run: () => Promise<Outcome>,
    key: CacheKey | null,
    type: JsonType,
  ): Promise<void> {
    const { reply, client, method, caller } = exchange;
    const entry = key && responses?.begin(key, caller.untilMs);
    try {
      const outcome = await run();
      if (outcome.kind === 'events') {
        try {
          await sendEvents(reply, client, () => Promise.resolve<Outcome>(outcome));
        } finally {
          // After a disconnect or a stop the events are not read. The generator ends only if it is read once.
          client.abort();
          await outcome.events.next();
        }
        return;
      }
      const body = bytesOf(outcome);
      const { untilMs } = outcome;
      const etag = method === 'GET' ? etagOf(body) : null;
      const isKept = entry && untilMs > 0;
      const response = isKept
        ? entry.keep({ body, contentType: type, etag, untilMs })
        : responseOf(outcome, body, type);
      await send(reply, response);
    } finally {
      entry?.end();
    }
  }

  return handle;
}

/**
 * Waits before a 429 is sent: 2,000 clients that repeated refused requests at once made others wait for 3 s. Only one refusal of a
 * connection waits, since requests can be pipelined.
 */
function createSlowDown(refusalMs: number): (connection: Socket) => Promise<void> {
  const waiting = new WeakSet<Socket>();
  return async (connection) => {
    if (waiting.has(connection)) return;
    waiting.add(connection);
    // At random, so that those who were refused together do not return together.
    await pause(refusalMs * (1 + Math.random()), undefined, { ref: false });
    waiting.delete(connection);
  };
}

/** Small answers are usually written at once. Others weigh until the client has read them. */
function endWhenWritten(ticket: Ticket, response: ServerResponse): void {
  const isWritten = response.closed || (response.writableEnded && response.writableLength === 0);
  if (isWritten) ticket.end();
  else
    onClosed(response, () => {
      ticket.end();
    });
}

function searchOf({ url = '/' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

function checkMethodAndForms({ http: { request }, method, path, forms: { json, events } }: Exchange): void {
  const isHeadOfStream = request.method === 'HEAD' && path === STREAM_PATH;
  if ((method !== 'GET' && method !== 'POST') || isHeadOfStream) {
    throw requestError('BAD_REQUEST', `The method must be GET or POST, got ${request.method ?? method}.`, 405);
  }
  if (json !== null || events) return;
  const types =
    path === STREAM_PATH
      ? 'text/event-stream'
      : 'application/json, application/graphql-response+json or text/event-stream';
  throw requestError('BAD_REQUEST', `Accept must include ${types}, got none of them.`, 406);
}

const QUERY: ReadonlySet<OperationType> = new Set(['query']);
const QUERY_OR_MUTATION: ReadonlySet<OperationType> = new Set(['query', 'mutation']);
const QUERY_OR_SUBSCRIPTION: ReadonlySet<OperationType> = new Set(['query', 'subscription']);
const ALL: ReadonlySet<OperationType> = new Set(['query', 'mutation', 'subscription']);

function allowedTypes(method: string, { events }: AcceptedForms): ReadonlySet<OperationType> {
  if (method === 'POST') return events ? ALL : QUERY_OR_MUTATION;
  return events ? QUERY_OR_SUBSCRIPTION : QUERY;
}

/** The parts are separated by line breaks, which no header can contain. */
function requestText({ http, method, search }: Exchange, body: string): string {
  const { accept = '', 'content-type': contentType = '' } = http.request.headers;
  return `${method}\n${accept}\n${contentType}\n${search}\n${body}`;
}
