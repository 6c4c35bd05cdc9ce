/** An operation on its way through the executor. */
import type { OperationRecord } from '../../observability/operation-record.ts';
import type { Context } from '../context.ts';
import type { PreparedDocument } from './documents.ts';
import type { OperationRequest } from './operation.ts';

export interface Execution {
  readonly document: PreparedDocument;
  readonly request: OperationRequest;
  readonly context: Context;
  readonly record: OperationRecord;
}
