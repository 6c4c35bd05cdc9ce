/** Log lines in the Elastic Common Schema: known fields under its names, all others below `stepgate`. */
import { hostname } from 'node:os';
import { stdSerializers, type LoggerOptions } from 'pino';
import { readVersion } from '../config/package-file.ts';

const NAMESPACE = 'stepgate';

export const ecsOptions = (): LoggerOptions => ({
  base: {
    'ecs.version': '8.11.0',
    'service.name': 'stepgate',
    'service.version': readVersion(),
    'process.pid': process.pid,
    'host.hostname': hostname(),
  },
  messageKey: 'message',
  timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
  formatters: {
    level: (label) => ({ 'log.level': label }),
    log: ({ err, requestId, trace_id, span_id, 'client.address': address, ...others }) => ({
      'http.request.id': requestId,
      'trace.id': trace_id,
      'span.id': span_id,
      'client.address': address,
      ...(err instanceof Error && { error: errorOf(err) }),
      ...ofAudit(others),
    }),
  },
});

/** Who has done what, or null for a line that isn't an audit. */
function ofAudit({
  'event.action': action,
  'event.outcome': outcome,
  caller,
  ...own
}: Readonly<Record<string, unknown>>) {
  if (action === undefined) return { [NAMESPACE]: caller === undefined ? own : { ...own, caller } };
  return { 'event.action': action, 'event.outcome': outcome, 'user.name': caller, [NAMESPACE]: own };
}

/** Path of a field in a line. */
export const inNamespace = (path: string): string => `${NAMESPACE}.${path}`.replace('.[', '[');

function errorOf(err: Error) {
  const { type, message, stack } = stdSerializers.err(err);
  return { type, message, stack_trace: stack };
}
