/** What stands in spans, by OpenTelemetry's semantic conventions where they have a word for it. */
import type { UpstreamEndpoint } from '../config.ts';
import { cacheOutcomeOf, type OperationNotes } from './notes.ts';
import type { Attributes } from './spans.ts';

export const URL_TEMPLATES: Readonly<Record<UpstreamEndpoint, string>> = {
  steps: 'workflows/{workflow}/runs/{run}/steps',
  run: 'workflows/{workflow}/runs/{run}',
  runs: 'workflows/{workflow}/runs',
  workflows: 'workflows',
  execute: 'workflows/{workflow}/execute',
};

export const operationAttributes = (notes: OperationNotes): Attributes => ({
  ...(notes.name !== null && { 'graphql.operation.name': notes.name }),
  ...(notes.type !== 'unknown' && { 'graphql.operation.type': notes.type }),
  'stepgate.transport': notes.transport,
  'stepgate.request_id': notes.requestId,
  'stepgate.cache': cacheOutcomeOf(notes),
  'stepgate.upstream_calls': notes.upstreamCalls,
});

/** Without the query, of which nothing is known to be harmless. */
export const callAttributes = (endpoint: UpstreamEndpoint, method: string, url: URL): Attributes => ({
  'http.request.method': method,
  'url.full': `${url.origin}${url.pathname}`,
  'url.template': URL_TEMPLATES[endpoint],
  'server.address': url.hostname,
  'server.port': Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
});
