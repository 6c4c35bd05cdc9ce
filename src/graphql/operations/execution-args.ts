/** How graphql-js is called, for an operation and for each event of a subscription. */
import type { GraphQLSchema } from 'graphql';
import type { Context } from '../context.ts';
import type { PreparedDocument } from './documents.ts';
import type { OperationParams } from './operation.ts';
import { EXECUTION_OPTIONS } from './variables.ts';

/** What graphql-js takes to execute an operation, or to subscribe to it. */
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
