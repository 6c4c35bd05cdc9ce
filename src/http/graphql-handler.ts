/**
 * GraphQL over HTTP: POST and GET, with JSON or server-sent events as responses. `handle` has the stages of a request,
 * in order.
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import type { RouteHandlerMethod } from 'fastify';
import { namesOf } from '../auth/caller.ts';
import { requestError } from '../graphql/operations/error-formatting.ts';
import type { Operations } from '../graphql/operations/operations.ts';
import { PARSED_AT_ONCE_BYTES, type Ticket } from '../admission/ticket.ts';
import type { Answer, OperationRequest, Outcome } from '../graphql/operations/operation.ts';
import type { Observer } from '../observability/observer.ts';
import type { OperationType } from '../observability/operation-record.ts';
import { compress, retryHeaders, type HttpAnswer, type Write } from './answer.ts';
import { announcesMoreThan, readBody } from './body.ts';
import { clientInfoOf, RequestClient, type Arrival, type Entrance } from './entrance.ts';
import type { SendEvents } from './event-streams.ts';
import type { ExplorerPage } from './explorer-page.ts';
import {
  GRAPHQL_TYPE,
  JSON_TYPE,
  MIN_COMPRESSED_LENGTH,
  type AcceptedForms,
  type JsonType,
  type Negotiation,
} from './negotiation.ts';
import { checkHead, readParams } from './params.ts';
import { etagOf, type CacheKey, type ResponseCache, type WholeAnswer } from './response-cache.ts';
import { ALLOWED_METHODS, STREAM_PATH, type GraphqlPath } from './routes.ts';

/**
 * A request for events with a longer body doesn't wait for capacity, because node:http would keep the body meanwhile.
 */
const WAITING_BODY_BYTES = 16_384;

export interface GraphqlHandlerOptions {
  readonly entrance: Entrance;
  readonly negotiation: Negotiation;
  readonly write: Write;
  /** Cache, or null if responses aren't cached. */
  readonly responses: ResponseCache | null;
  readonly operations: Operations;
  readonly sendEvents: SendEvents;
  /** Value of the header: the request headers that every response depends on. */
  readonly vary: string;
  /** The response to a browser's navigation. */
  readonly explorerPage: ExplorerPage;
  readonly observer: Pick<Observer, 'responseCacheHit'>;
}

/** One request, as seen by its stages. */
interface Exchange {
  readonly operation: OperationRequest;
  readonly ticket: Ticket;
  readonly isGet: boolean;
  /** The query string with its question mark, or empty. */
  readonly search: string;
  readonly forms: AcceptedForms;
}

/** A response that may be cached, here or by the client. */
interface Cacheable {
  readonly kind: 'cacheable';
  readonly whole: WholeAnswer;
  readonly cacheControl: string;
}

export function createGraphqlHandler(options: GraphqlHandlerOptions): (path: GraphqlPath) => RouteHandlerMethod {
  const { entrance, negotiation, write, responses, operations, sendEvents, vary, explorerPage, observer } = options;

  const handle =
    (path: GraphqlPath): RouteHandlerMethod =>
    async ({ raw, id }, reply) => {
      void reply.header('vary', vary);
      const isGet = raw.method !== 'POST';
      const search = searchOf(raw);
      const forms = formsOf(raw, path);
      const page = isGet && forms.prefersHtml ? await explorerPage(id, search) : null;
      if (page) return write(reply, page);

      const arrival: Arrival = {
        transport: forms.json === null ? 'graphql-sse' : 'http',
        requestId: id,
        http: { request: raw, response: reply.raw },
        clientInfo: clientInfoOf(raw.headers),
        allowed: allowedTypes(isGet, forms),
        client: new RequestClient(reply.raw),
      };
      const operation = await entrance.identify(arrival);
      try {
        const waits = forms.json === null && !announcesMoreThan(raw, WAITING_BODY_BYTES);
        return await entrance.enter(operation, reply, waits, async (ticket) => {
          checkForms(forms, path);
          const outcome = await cachedOrExecuted({ operation, ticket, isGet, search, forms });
          if (outcome.kind === 'cacheable') return write(reply, wholeAnswer(outcome));
          const type = forms.json ?? JSON_TYPE;
          if (outcome.kind === 'events' || (forms.json === null && httpStatusOf(outcome, type) === 200)) {
            await sendEvents(reply, arrival.client, outcome);
            return reply;
          }
          return write(reply, httpAnswer(outcome, type, bodyOf(outcome)));
        });
      } catch (error) {
        const refusal = operations.refuse(operation, error);
        return reply.sent ? reply : write(reply, httpAnswer(refusal, forms.json ?? JSON_TYPE, bodyOf(refusal)));
      }
    };

  const bodyOf = ({ result }: Answer): Buffer => operations.write(JSON.stringify(result));

  /** `/graphql/stream` responds only with events. HEAD gets none: without a body, a stream would never end. */
  function formsOf(request: IncomingMessage, path: GraphqlPath): AcceptedForms {
    const forms = negotiation.formsOf(request);
    if (path === STREAM_PATH) return { ...forms, json: null, events: forms.anyEvents, prefersHtml: false };
    return request.method === 'HEAD' ? { ...forms, events: false } : forms;
  }

  /** This function's frame holds the body and parameters, which are gone when events are sent. */
  async function cachedOrExecuted(exchange: Exchange): Promise<Cacheable | Outcome> {
    const { operation, ticket, isGet, forms } = exchange;
    const { caller, http, requestId, clientInfo } = operation;
    const body = isGet ? '' : await readBody(http.request, ticket);
    if (!responses || !caller.viewer || forms.json === null) return execute(exchange, body);

    const key = responses.keyOf(caller.viewer, requestText(exchange, body, operations.revision), caller);
    const { json } = forms;
    const found =
      responses.fresh(key) ??
      (await responses.renew(key, ticket.order, async () => {
        const outcome = await execute(exchange, body);
        return outcome.kind === 'events' || outcome.untilMs === 0
          ? outcome
          : cacheableOf(responses, key, bodyOf(outcome), outcome.untilMs, json, isGet);
      }));
    if ('kind' in found) return found;
    const wait = ticket.answer(found.body.length);
    if (wait) await wait;
    observer.responseCacheHit({ transport: 'http', requestId, clientInfo, http, ...namesOf(caller) });
    return { kind: 'cacheable', whole: found, cacheControl: responses.cacheControl(key, found.untilMs) };
  }

  async function execute({ operation, ticket, isGet, search }: Exchange, body: string): Promise<Outcome> {
    const method = isGet ? 'GET' : 'POST';
    checkHead(method, operation.http.request.headers);
    if (body.length > PARSED_AT_ONCE_BYTES) await ticket.nextTurn();
    return operations.run(operation, ticket, readParams(method, search, body));
  }

  return handle;
}

async function cacheableOf(
  responses: ResponseCache,
  key: CacheKey,
  body: Buffer,
  untilMs: number,
  contentType: JsonType,
  isGet: boolean,
): Promise<Cacheable> {
  const isKept = responses.isWorthKeeping(key);
  const gzipped = isKept && body.length >= MIN_COMPRESSED_LENGTH ? await compressed(body) : null;
  const whole = { body, gzipped, contentType, etag: isGet ? etagOf(body) : null, untilMs };
  if (isKept) responses.keep(key, whole);
  return { kind: 'cacheable', whole, cacheControl: responses.cacheControl(key, untilMs) };
}

function httpAnswer(answer: Answer, type: JsonType, body: Buffer): HttpAnswer {
  const status = httpStatusOf(answer, type);
  const headers = {
    ...headersOf(answer),
    'content-type': type,
    'cache-control': 'no-store',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(status === 405 && { allow: ALLOWED_METHODS }),
    ...(status === 429 && retryHeaders(answer.result.errors)),
  };
  return { status, headers, body };
}

const wholeAnswer = ({ whole: { body, gzipped, contentType, etag }, cacheControl }: Cacheable): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': contentType, 'cache-control': cacheControl },
  body,
  gzipped,
  etag,
});

const compressed = promisify(compress);

function searchOf({ url = '/' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

function checkForms({ json, events }: AcceptedForms, path: GraphqlPath): void {
  if (json !== null || events) return;
  const types =
    path === STREAM_PATH
      ? 'text/event-stream'
      : 'application/json, application/graphql-response+json or text/event-stream';
  throw requestError('BAD_REQUEST', `Accept must include ${types}, got none of them.`, 406);
}

const QUERIES: ReadonlySet<OperationType> = new Set(['query']);
const QUERIES_AND_EVENTS: ReadonlySet<OperationType> = new Set(['query', 'subscription']);
const WITHOUT_EVENTS: ReadonlySet<OperationType> = new Set(['query', 'mutation']);
const ALL_TYPES: ReadonlySet<OperationType> = new Set(['query', 'mutation', 'subscription']);

function allowedTypes(isGet: boolean, { events }: AcceptedForms): ReadonlySet<OperationType> {
  if (isGet) return events ? QUERIES_AND_EVENTS : QUERIES;
  return events ? ALL_TYPES : WITHOUT_EVENTS;
}

/** The parts are separated by line breaks, which headers can't contain. */
function requestText({ operation, isGet, search }: Exchange, body: string, revision: number): string {
  const { accept = '', 'content-type': contentType = '' } = operation.http.request.headers;
  return `${revision}\n${isGet ? 'GET' : 'POST'}\n${accept}\n${contentType}\n${search}\n${body}`;
}

const headersOf = ({ headers }: Answer): Record<string, string> =>
  headers ? Object.fromEntries([...headers].filter(([name]) => name !== 'content-type')) : {};

/** Errors of the document or variables, which GraphQL over HTTP distinguishes from errors of the HTTP request. */
const OF_THE_OPERATION: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_NOT_ALLOWED',
]);
const MAY_BE_200: ReadonlySet<number> = new Set([400, 403]);

/**
 * A client that accepts `application/graphql-response+json` can trust the status, and gets 400 for an invalid
 * operation. With the older `application/json`, the specification requires 200, because a 4xx could come from a proxy.
 */
function httpStatusOf({ result: { errors = [] }, status }: Answer, type: JsonType): number {
  const isOfTheOperation = errors.every(({ extensions }) => OF_THE_OPERATION.has(extensions?.code));
  return type !== GRAPHQL_TYPE && isOfTheOperation && MAY_BE_200.has(status) ? 200 : status;
}
