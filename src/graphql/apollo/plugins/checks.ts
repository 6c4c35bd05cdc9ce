/** Rejects valid operations with a wrong type for their transport, or a null where it is not allowed. */
import type { GraphQLRequestContextDidResolveOperation, GraphQLRequestListener } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import type { OperationType } from '../../../observability/operation-record.ts';
import type { Documents } from '../../operations/documents.ts';
import { requestError } from '../../operations/error-formatting.ts';
import type { OperationRequest } from '../../operations/operation.ts';
import type { OperationContext, Stage } from '../server.ts';

type Resolved = GraphQLRequestContextDidResolveOperation<OperationContext>;

export function createChecks(documents: Pick<Documents, 'prepare'>): Stage {
  function check({ contextValue: { operation }, document, queryHash }: Resolved): void {
    const { request, params, record, source, parsed } = operation;
    const name = params.operationName ?? null;
    const prepared = (operation.document ??= documents.prepare(source.text, parsed ?? document));
    record.queryHash = queryHash;
    const found = prepared.operation(name);
    if (!found) throw unknownOperation(name);
    record.type = found.type;
    record.name = found.name;
    if (!request.allowed.has(found.type)) throw notAllowed(found.type, request);
    found.checkNulls(params.variables ?? {});
  }

  const listener: GraphQLRequestListener<OperationContext> = {
    didResolveOperation: (context) => Promise.try(check, context),
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

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
    'A mutation must be sent by POST or graphql-ws.',
    transport === 'http' ? 405 : 400,
  );
}
