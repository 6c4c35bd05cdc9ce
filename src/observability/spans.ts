/** Spans of operations and upstream calls, through OpenTelemetry's API. They do nothing in a process without an SDK. */
import {
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import type { UpstreamEndpoint } from '../config/config.ts';
import type { ClientFacts, HttpSource, ObservedOperation, OperationRecord } from './operation-record.ts';
import { isServerError } from './outcome.ts';

export const URL_TEMPLATES: Readonly<Record<UpstreamEndpoint, string>> = {
  steps: 'workflows/{workflow}/runs/{run}/steps',
  run: 'workflows/{workflow}/runs/{run}',
  runs: 'workflows/{workflow}/runs',
  workflows: 'workflows',
  execute: 'workflows/{workflow}/execute',
  cancel: 'workflows/{workflow}/runs/{run}/cancel',
  resume: 'workflows/{workflow}/runs/{run}/steps/{step}/resume',
};

const HOST = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/;
const MAX_TEXT_LENGTH = 256;

export function createSpans(version: string, client: ClientFacts) {
  const tracer = trace.getTracer('stepgate', version);

  return {
    /** The server span of an operation. */
    operation(http: HttpSource): Span {
      const active = context.active();
      // An embedder may already have a span for the request.
      const parent = trace.getSpan(active) ? active : propagation.extract(active, http.request.headers);
      const span = tracer.startSpan('GraphQL Operation', { kind: SpanKind.SERVER }, parent);
      if (span.isRecording()) span.setAttributes(requestAttributes(http, client));
      return span;
    },

    /** Ends when the response has been sent, and records its status. */
    endOperation({ span, http }: OperationRecord, operation: ObservedOperation) {
      const { name, type, outcome, errorCodes } = operation;
      if (!span.isRecording()) return;
      const response = http?.response;
      if (type !== 'unknown') span.updateName(name === null ? type : `${type} ${bounded(name)}`);
      span.setAttributes(operationAttributes(operation));
      // Client errors aren't errors of a server span.
      if (outcome !== 'abandoned') setErrors(span, errorCodes.filter(isServerError));
      const end = () => {
        // A client that left before its response got no status.
        if (response?.headersSent) span.setAttribute('http.response.status_code', response.statusCode);
        span.end();
      };
      if (!response || response.closed) end();
      else response.once('close', end);
    },

    /** The client span of an upstream call. */
    call(operation: Span, endpoint: UpstreamEndpoint, method: string, url: URL | null): Span {
      const template = URL_TEMPLATES[endpoint];
      const parent = trace.setSpan(ROOT_CONTEXT, operation);
      const span = tracer.startSpan(
        url ? `${method} ${template}` : `upstream ${endpoint}`,
        { kind: SpanKind.CLIENT },
        parent,
      );
      if (url && span.isRecording()) span.setAttributes(callAttributes(template, method, url));
      return span;
    },

    /** `outcome` is `ok`, `ABANDONED` or an error code. */
    endCall(span: Span, outcome: string, attempts: number, status: number | null) {
      if (!span.isRecording()) return;
      if (attempts > 1) span.setAttribute('http.request.resend_count', attempts - 1);
      if (status !== null) span.setAttribute('http.response.status_code', status);
      if (outcome === 'ABANDONED') span.setAttribute('stepgate.outcome', 'abandoned');
      else if (outcome !== 'ok') setErrors(span, [outcome]);
      span.end();
    },
  };
}

/** Returns null if the process has no SDK. */
export function traceContextOf(span: Span): SpanContext | null {
  const spanContext = span.spanContext();
  return isSpanContextValid(spanContext) ? spanContext : null;
}

function setErrors(span: Span, codes: readonly string[]): void {
  const [first] = codes;
  if (first === undefined) return;
  span.setAttribute('error.type', first).setStatus({ code: SpanStatusCode.ERROR, message: codes.join(' ') });
}

/** Omits the query, which contains the operation and its variables. */
function requestAttributes({ request, response }: HttpSource, client: ClientFacts): Attributes {
  const { method = '', url = '', headers } = request;
  const [, host, port] = HOST.exec(headers.host ?? '') ?? [];
  const path = bounded(url.split('?', 1)[0] ?? '');
  const address = client.addressOf(request);
  return {
    ...(response && {
      'http.request.method': method,
      'http.route': path,
    }),
    'url.path': path,
    'url.scheme': client.schemeOf(request),
    ...(host !== undefined && { 'server.address': bounded(host) }),
    ...(port !== undefined && { 'server.port': Number(port) }),
    ...(address !== '' && { 'client.address': bounded(address) }),
    ...(headers['user-agent'] !== undefined && { 'user_agent.original': bounded(headers['user-agent']) }),
  };
}

/** Omits `graphql.document`, whose literals may be secrets. */
const operationAttributes = (operation: ObservedOperation): Attributes => ({
  ...(operation.name !== null && { 'graphql.operation.name': bounded(operation.name) }),
  ...(operation.type !== 'unknown' && { 'graphql.operation.type': operation.type }),
  'stepgate.transport': operation.transport,
  'stepgate.request_id': operation.requestId,
  ...(operation.clientName !== null && { 'stepgate.client.name': operation.clientName }),
  ...(operation.clientVersion !== null && { 'stepgate.client.version': operation.clientVersion }),
  'stepgate.outcome': operation.outcome,
  'stepgate.cache': operation.cache,
  'stepgate.upstream_calls': operation.upstreamCalls,
  ...(operation.errorCodes.length > 0 && { 'stepgate.error_codes': [...operation.errorCodes] }),
});

/** Omits the URL's query, which may contain the caller's data. */
const callAttributes = (template: string, method: string, url: URL): Attributes => ({
  'http.request.method': method,
  'url.full': `${url.origin}${url.pathname}`,
  'url.template': template,
  'server.address': url.hostname,
  'server.port': Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
});

/** Spans wait in a queue, where a slice would keep a client's whole string alive, so a long string is copied. */
const bounded = (text: string): string =>
  text.length <= MAX_TEXT_LENGTH ? text : Buffer.from(text.slice(0, MAX_TEXT_LENGTH)).toString();
