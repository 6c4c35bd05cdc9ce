/** A valid subscription is not executed by Apollo Server: its transport subscribes, once all plugins have let it pass. */
import { HeaderMap, type GraphQLRequestListener, type GraphQLResponse } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import type { OperationContext, Stage } from '../server.ts';

export function createSubscriptions(): Stage {
  const listener: GraphQLRequestListener<OperationContext> = {
    responseForOperation({ contextValue, operation: { operation: type } }) {
      if (type !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve(null);
      contextValue.operation.isSubscription = true;
      return Promise.resolve(nothing());
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

/** Nobody reads it. */
const nothing = (): GraphQLResponse => ({
  http: { headers: new HeaderMap() },
  body: { kind: 'single', singleResult: { data: null } },
});
