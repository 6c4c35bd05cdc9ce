/** Rejects valid operations whose type doesn't suit their transport, and nulls where they aren't allowed. */
import type { DocumentNode, GraphQLError } from 'graphql';
import type { OperationType } from '../../../observability/operation-record.ts';
import type { Documents } from '../../operations/documents.ts';
import { requestError } from '../../operations/error-formatting.ts';
import type { Operation, OperationRequest, Valid } from '../../operations/operation.ts';

/** `document` is what Apollo Server has parsed and validated, with the SHA-256 of its source. */
export type Check = (operation: Operation, document: DocumentNode, queryHash: string) => Valid;

export const createCheck =
  (documents: Pick<Documents, 'prepare'>): Check =>
  ({ request, params, record, source, parsed, known }, ast, queryHash) => {
    const name = params.operationName ?? null;
    const document = known ?? documents.prepare(source.text, parsed ?? ast);
    record.queryHash = queryHash;
    const found = document.operation(name);
    if (!found) throw unknownOperation(name);
    record.type = found.type;
    record.name = found.name;
    if (!request.allowed.has(found.type)) throw notAllowed(found.type, request);
    found.checkNulls(params.variables ?? {});
    return { document, queryHash };
  };

function unknownOperation(name: string | null): GraphQLError {
  const message =
    name === null
      ? 'Must provide operation name if query contains multiple operations.'
      : `Unknown operation named "${name}".`;
  return requestError('OPERATION_RESOLUTION_FAILURE', message);
}

function notAllowed(type: OperationType, { transport }: OperationRequest): GraphQLError {
  if (type === 'subscription') {
    return requestError(
      'BAD_REQUEST',
      'A subscription needs a transport that carries events: graphql-ws at /graphql, or server-sent events ' +
        '(Accept: text/event-stream).',
    );
  }
  return requestError(
    'BAD_REQUEST',
    'Mutations must be sent with POST or over graphql-ws.',
    transport === 'http' ? 405 : 400,
  );
}
