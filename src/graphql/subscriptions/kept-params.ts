/** Parameters that a subscription keeps while it is open. */
import { getOperationAST, type DocumentNode } from 'graphql';
import { requestError } from '../operations/error-formatting.ts';
import type { OperationParams } from '../operations/operation.ts';

/**
 * Limit for the declared variables of a subscription, in bytes of JSON, because a key may have thousands of
 * subscriptions.
 */
const MAX_VARIABLE_BYTES = 4096;

/** Omits the document, and variables that the operation doesn't declare. Throws BAD_USER_INPUT for long variables. */
export function keptParams(ast: DocumentNode, { operationName = null, variables }: OperationParams): OperationParams {
  const declared = getOperationAST(ast, operationName)?.variableDefinitions ?? [];
  const names = declared.map(({ variable }) => variable.name.value);
  const kept = Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(variables ?? {}, name) ? [[name, variables?.[name]]] : [])),
  );
  const bytes = Buffer.byteLength(JSON.stringify(kept));
  if (bytes <= MAX_VARIABLE_BYTES) return { operationName, variables: kept };
  throw requestError(
    'BAD_USER_INPUT',
    `The variables of a subscription must have at most ${MAX_VARIABLE_BYTES} bytes of JSON, got ${bytes}. Send shorter values.`,
  );
}
