/** The end of an operation's span: when its answer has been sent, with the status that was sent. */
import { operationAttributes } from './attributes.ts';
import type { OperationRecord } from '../operation-record.ts';
import { isServerError, type Outcome } from '../outcome.ts';
import type { Span } from './spans.ts';

/** A client's error is no error of a server span. */
export function endOperationSpan(span: Span, operationRecord: OperationRecord, outcome: Outcome): void {
  const { type, http, errorCodes } = operationRecord;
  const response = http?.response;
  const name = type === 'unknown' ? 'GraphQL Operation' : type;
  const attributes = operationAttributes(operationRecord, outcome);
  const errors = outcome === 'abandoned' ? [] : errorCodes.filter(isServerError);
  const end = () => {
    // Nothing was sent to a client that left before its answer.
    const status = response?.headersSent ? { 'http.response.status_code': response.statusCode } : null;
    span.end(name, { ...attributes, ...status }, errors);
  };
  if (!response || response.closed) end();
  else response.once('close', end);
}
