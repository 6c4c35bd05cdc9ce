/** Rejects valid operations with a wrong type for their transport, a null where it is not allowed, or a high cost. */
import type { GraphQLRequestListener } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import type { OperationType } from '../../../observability/operation-record.ts';
import type { Documents, PreparedOperation } from '../../operations/documents.ts';
import { requestError } from '../../operations/error-formatting.ts';
import { limitError } from '../../operations/limits.ts';
import type { Operation, OperationRequest } from '../../operations/operation.ts';
import { rateLimited } from '../../operations/rate-limit.ts';
import type { OperationContext, Stage } from '../server.ts';

export interface ChecksOptions {
  readonly documents: Pick<Documents, 'prepare'>;
  readonly maxCalls: number;
  readonly maxObjects: number;
}

/** Introspected objects that count as one operation. A Sandbox that polls each second is within the default limit. */
const INTROSPECTED_AN_OPERATION = 200;

export function createChecks({ documents, maxCalls, maxObjects }: ChecksOptions): Stage {
  /** Introspection needs no accepted key but takes the time of many operations, so it counts as many. */
  async function checkCost({ cost }: PreparedOperation, { params, request: { unaccepted } }: Operation): Promise<void> {
    const { calls, objects, introspected } = cost(params.variables ?? {});
    // Rejected introspection also counts, since counting its objects takes time.
    const operations = Math.floor(introspected / INTROSPECTED_AN_OPERATION);
    const allowance = operations > 0 ? await unaccepted?.take(operations) : null;
    if (allowance && !allowance.isAllowed) throw rateLimited(allowance);
    if (calls > maxCalls) throw limitError('cost', maxCalls, calls, (found) => `may cause ${found} upstream calls`);
    if (objects > maxObjects)
      throw limitError('objects', maxObjects, objects, (found) => `may answer ${found} objects`);
  }

  const listener: GraphQLRequestListener<OperationContext> = {
    async didResolveOperation({ contextValue: { operation }, document, queryHash }) {
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
      await checkCost(found, operation);
    },
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
