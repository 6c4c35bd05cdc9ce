/** What a transport can't carry is refused before it is executed, with a word on which one can. */
import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { Context } from './context.ts';

function refusalOf(
  type: OperationTypeNode | undefined,
  { request: { takeEvents, mayAct } }: Context,
): GraphQLError | null {
  if (type === OperationTypeNode.SUBSCRIPTION && !takeEvents) {
    return refuse(
      'A subscription needs a transport that carries events: graphql-ws at /graphql, or graphql-sse at /graphql/stream.',
    );
  }
  if (type === OperationTypeNode.MUTATION && !mayAct) return refuse('A mutation must be sent by POST or graphql-ws.');
  return null;
}

const refuse = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });

export const transportRules: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation({ operation, contextValue }) {
        const refusal = refusalOf(operation?.operation, contextValue);
        return refusal ? Promise.reject(refusal) : Promise.resolve();
      },
    }),
};
