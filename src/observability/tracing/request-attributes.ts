/** Span attributes of the HTTP request that brought an operation, named by OpenTelemetry's semantic conventions. */
import type { ClientFacts, HttpSource } from '../http-source.ts';
import { bounded } from './bounded.ts';
import type { Attributes } from './spans.ts';

/** Those of the semantic conventions; others are reported as `_OTHER`. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'],
]);
const HOST = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/;

/** The query is left out: it holds the operation and its variables. */
export function requestAttributes({ request, response }: HttpSource, client: ClientFacts): Attributes {
  const { method = '', url = '', headers } = request;
  const [, host, port] = HOST.exec(headers.host ?? '') ?? [];
  const path = bounded(url.split('?', 1)[0] ?? '');
  const address = client.addressOf(request);
  return {
    ...(response && {
      'http.request.method': KNOWN_METHODS.has(method) ? method : '_OTHER',
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
