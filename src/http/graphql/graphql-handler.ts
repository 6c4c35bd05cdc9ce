/**
 * The one handler of GraphQL over HTTP: POST and GET, JSON and server-sent events. Its stages, in order: authentication → rate
 * limit → body → response cache → operation pipeline → response writer.
 */
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { OperationPipeline } from '../../graphql/operations/operation-pipeline.ts';
import type { Answer, OperationRequest, OperationType, Outcome } from '../../graphql/operations/operation.ts';
import { rateLimited } from '../../graphql/operations/rate-limit.ts';
import type { Caller } from '../../auth/caller.ts';
import type { Observer } from '../../observability/observer.ts';
import type { Authenticate } from '../authentication.ts';
import { MAX_BODY_BYTES, readBody } from '../body.ts';
import { holdFor, type ClientBytes, type Hold } from '../client-bytes.ts';
import { signalOfClient } from '../client-signal.ts';
import { STREAM_PATH, type Exchange, type Handler } from '../exchange.ts';
import type { EventStreams } from '../live/event-streams.ts';
import { allowanceHeaders, type RateLimits } from '../rate-limits.ts';
import type { HttpResponse, ResponseWriter } from '../response-writer.ts';
import { createNegotiation, JSON_TYPE, type AcceptedForms, type JsonType } from './media-types.ts';
import { checkHead, readParams } from './params.ts';
import { etagOf, type CacheKey, type ResponseCache } from './response-cache.ts';
import { httpStatusOf } from './status.ts';

export interface GraphqlHandlerOptions {
  readonly authenticate: Authenticate;
  readonly rateLimits: RateLimits;
  readonly responses: ResponseCache;
  readonly clientBytes: ClientBytes;
  readonly operations: OperationPipeline;
  readonly streams: EventStreams;
  readonly writer: ResponseWriter;
  /** Sandbox as HTML; null where it is switched off. */
  readonly landingPage: () => Promise<string | null>;
  readonly observer: Pick<Observer, 'responseCacheHit'>;
}

/** What the stages know about a request so far. */
interface Stage {
  readonly exchange: Exchange;
  readonly forms: AcceptedForms;
  readonly caller: Caller;
  /** Names and values in turn. */
  readonly rateHeaders: readonly string[];
  readonly hold: Hold;
}

export function createGraphqlHandler(options: GraphqlHandlerOptions): Handler {
  const { authenticate, rateLimits, responses, clientBytes, operations, streams, writer, landingPage, observer } =
    options;

  const { acceptedForms, acceptsEvents } = createNegotiation();

  /** `/graphql/stream` answers with events alone. */
  const formsOf = ({ request, path }: Exchange): AcceptedForms =>
    path === STREAM_PATH ? { json: null, events: acceptsEvents(request), prefersHtml: false } : acceptedForms(request);

  async function handle(exchange: Exchange): Promise<void> {
    const forms = formsOf(exchange);
    const page = forms.prefersHtml && exchange.method === 'GET' ? await landingPage() : null;
    if (page !== null) {
      writer.write(exchange, {
        status: 200,
        body: page,
        contentType: 'text/html; charset=utf-8',
        cacheControl: 'no-cache',
      });
      return;
    }
    const caller = await authenticate(exchange.request);
    const allowance = rateLimits.take(caller, exchange.request);
    const rateHeaders = allowance && (caller.viewer || !allowance.isAllowed) ? allowanceHeaders(allowance) : [];
    const hold = holdFor(clientBytes, (release) => {
      onClosed(exchange, release);
    });
    const stage: Stage = { exchange, forms, caller, rateHeaders, hold };
    try {
      if (allowance && !allowance.isAllowed) throw rateLimited(allowance);
      await answer(stage);
    } catch (error) {
      const refusal = operations.refuse({ ...startOf(stage), viewerId: caller.viewer?.id ?? null }, error);
      writer.write(exchange, withHeaders(responseOf(refusal, forms.json ?? JSON_TYPE), rateHeaders));
    }
  }

  async function answer(stage: Stage): Promise<void> {
    const { exchange, forms, caller, rateHeaders, hold } = stage;
    checkMethodAndForms(exchange, forms);
    hold(bodyBytesOf(exchange));
    const body = exchange.method === 'POST' ? await readBody(exchange.request) : '';
    const { json } = forms;
    const key = caller.viewer && json !== null ? responses.keyOf(caller.viewer, requestText(exchange, body)) : null;
    const cached = key && (await responses.find(key, caller.untilMs));
    if (cached) {
      hold(cached.body.length);
      observer.responseCacheHit(exchange.requestId, key.viewer.id, exchange);
      writer.write(exchange, withHeaders(cached, rateHeaders));
      return;
    }
    checkHead(exchange);
    const request = { ...startOf(stage), ...requestOf(stage), params: readParams(exchange, body) };
    if (json === null) await streams.send(exchange, () => operations.run(request));
    else await execute(stage, request, key, json);
  }

  async function execute(stage: Stage, request: OperationRequest, key: CacheKey | null, type: JsonType): Promise<void> {
    const { exchange, caller, rateHeaders } = stage;
    const entry = key && responses.begin(key, caller.untilMs);
    try {
      const outcome = await operations.run(request);
      if (outcome.kind === 'events') {
        await streams.send(exchange, () => Promise.resolve<Outcome>(outcome));
        return;
      }
      const response = responseOf(outcome, type);
      const { status, body } = response;
      const etag = exchange.method === 'GET' ? etagOf(body) : null;
      const isCacheable = entry && status === 200 && outcome.untilMs > 0;
      const { untilMs } = outcome;
      const kept = isCacheable ? entry.keep({ body, contentType: type, etag, untilMs }) : response;
      writer.write(exchange, withHeaders(kept, rateHeaders));
    } finally {
      entry?.end();
    }
  }

  const requestOf = ({ exchange: { request, response, method }, forms, caller, hold }: Stage) => ({
    caller,
    authenticate: () => authenticate(request),
    allowed: allowedTypes(method, forms),
    client: {
      signal: signalOfClient(response),
      isGone: () => response.destroyed && !response.writableFinished,
      hold,
    },
  });

  return handle;
}

/** When the response has left the process, or its client is gone. */
function onClosed({ response }: Exchange, call: () => void): void {
  if (response.closed) call();
  else response.once('close', call);
}

/** Before it has come: a client that is slow to send it makes the gateway hold a part of it. */
const bodyBytesOf = ({ method, request: { headers } }: Exchange): number =>
  method === 'POST' ? Math.min(MAX_BODY_BYTES, Number(headers['content-length'] ?? MAX_BODY_BYTES)) : 0;

const startOf = ({ exchange, forms }: Stage) =>
  ({
    transport: forms.json === null ? 'graphql-sse' : 'http',
    requestId: exchange.requestId,
    traceparent: exchange.request.headers.traceparent as string | readonly string[] | undefined,
    http: exchange,
  }) as const;

function checkMethodAndForms({ method, path }: Exchange, { json, events }: AcceptedForms): void {
  if (method !== 'GET' && method !== 'POST') {
    throw requestError('BAD_REQUEST', `Expected GET or POST, got ${method}.`, 405);
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

function responseOf(answer: Answer, type: JsonType): HttpResponse & { readonly body: string } {
  const status = httpStatusOf(answer, type);
  return {
    status,
    body: JSON.stringify(answer.result),
    contentType: type,
    cacheControl: 'no-store',
    vary: 'authorization, accept',
    ...(status === 405 && { headers: ['allow', 'GET, POST'] }),
  };
}

const withHeaders = (response: HttpResponse, headers: readonly string[]): HttpResponse =>
  headers.length === 0 ? response : { ...response, headers: [...(response.headers ?? []), ...headers] };
