/** Arguments for graphql-js, for an operation and for each event of a subscription. */
import type { GraphQLSchema } from 'graphql';
import type { Context } from '../context.ts';
import type { PreparedDocument } from './documents.ts';
import type { OperationParams } from './operation.ts';
import { EXECUTION_OPTIONS } from './variables.ts';

export const executionArgs = (
  schema: GraphQLSchema,
  { ast: document }: PreparedDocument,
  { operationName = null, variables = null }: OperationParams,
  contextValue: Context,
) => ({
  schema,
  document,
  operationName,
  variableValues: variables,
  contextValue,
  options: EXECUTION_OPTIONS,
});
