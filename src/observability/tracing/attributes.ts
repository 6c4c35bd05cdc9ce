/** Span attributes of operations and upstream calls, named by OpenTelemetry's semantic conventions where they define a name. */
import type { UpstreamEndpoint } from '../../config/config.ts';
import { bounded } from './bounded.ts';
import { cacheOutcomeOf, type OperationRecord } from '../operation-record.ts';
import type { Outcome } from '../outcome.ts';
import type { Attributes } from './spans.ts';

export const URL_TEMPLATES: Readonly<Record<UpstreamEndpoint, string>> = {
  steps: 'workflows/{workflow}/runs/{run}/steps',
  run: 'workflows/{workflow}/runs/{run}',
  runs: 'workflows/{workflow}/runs',
  workflows: 'workflows',
  execute: 'workflows/{workflow}/execute',
};

/** `graphql.document` is left out: its literals may be secrets. */
export const operationAttributes = (operationRecord: OperationRecord, outcome: Outcome): Attributes => ({
  ...(operationRecord.name !== null && { 'graphql.operation.name': bounded(operationRecord.name) }),
  ...(operationRecord.type !== 'unknown' && { 'graphql.operation.type': operationRecord.type }),
  'stepgate.transport': operationRecord.transport,
  'stepgate.request_id': operationRecord.requestId,
  'stepgate.outcome': outcome,
  'stepgate.cache': cacheOutcomeOf(operationRecord),
  'stepgate.upstream_calls': operationRecord.upstreamCalls,
  ...(operationRecord.errorCodes.length > 0 && { 'stepgate.error_codes': [...operationRecord.errorCodes] }),
});

/** The URL's query is left out: it may hold data of the caller. */
export const callAttributes = (endpoint: UpstreamEndpoint, method: string, url: URL): Attributes => ({
  'http.request.method': method,
  'url.full': `${url.origin}${url.pathname}`,
  'url.template': URL_TEMPLATES[endpoint],
  'server.address': url.hostname,
  'server.port': Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
});

interface EndOfCall {
  readonly attempts: number;
  readonly status: number | null;
  /** `ok`, `ABANDONED` or an error code. */
  readonly outcome: string;
}

export const callEndAttributes = ({ attempts, status, outcome }: EndOfCall): Attributes => ({
  ...(attempts > 1 && { 'http.request.resend_count': attempts - 1 }),
  ...(status !== null && { 'http.response.status_code': status }),
  ...(outcome === 'ABANDONED' && { 'stepgate.outcome': 'abandoned' }),
});
