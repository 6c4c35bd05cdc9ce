/** Span attributes, named by OpenTelemetry's semantic conventions where they define a name. */
import type { UpstreamEndpoint } from '../config/config.ts';
import { cacheOutcomeOf, type OperationRecord } from './operation-record.ts';
import type { Attributes } from './spans.ts';

export const URL_TEMPLATES: Readonly<Record<UpstreamEndpoint, string>> = {
  steps: 'workflows/{workflow}/runs/{run}/steps',
  run: 'workflows/{workflow}/runs/{run}',
  runs: 'workflows/{workflow}/runs',
  workflows: 'workflows',
  execute: 'workflows/{workflow}/execute',
};

export const operationAttributes = (operationRecord: OperationRecord): Attributes => ({
  ...(operationRecord.name !== null && { 'graphql.operation.name': operationRecord.name }),
  ...(operationRecord.type !== 'unknown' && { 'graphql.operation.type': operationRecord.type }),
  'stepgate.transport': operationRecord.transport,
  'stepgate.request_id': operationRecord.requestId,
  'stepgate.cache': cacheOutcomeOf(operationRecord),
  'stepgate.upstream_calls': operationRecord.upstreamCalls,
});

/** The URL's query is left out: it may hold data of the caller. */
export const callAttributes = (endpoint: UpstreamEndpoint, method: string, url: URL): Attributes => ({
  'http.request.method': method,
  'url.full': `${url.origin}${url.pathname}`,
  'url.template': URL_TEMPLATES[endpoint],
  'server.address': url.hostname,
  'server.port': Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
});
