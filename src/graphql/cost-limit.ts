/** Refuses operations that cost too much, whichever way they come; a document's cost is made out once. */
import type { ApolloServerPlugin } from '@apollo/server';
import {
  getOperationAST,
  GraphQLError,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from './context.ts';
import { createCostModel } from './cost-model.ts';
import type { Variables } from './cost-terms.ts';
import { compileCost, type Cost } from './cost.ts';
import type { PassedLimit } from './limits.ts';

export interface CostLimit {
  /** For what goes through Apollo. */
  readonly plugin: ApolloServerPlugin<Context>;
  /** For a document that was found valid; without the operation there is nothing to refuse. */
  allows(document: DocumentNode, operationName: string | null, variables: Variables): boolean;
}

export interface CostLimitOptions {
  readonly schema: GraphQLSchema;
  readonly offersRecords: boolean;
  readonly maxOperationCost: number;
}

export function createCostLimit({ schema, offersRecords, maxOperationCost }: CostLimitOptions): CostLimit {
  const model = createCostModel(offersRecords);
  /** Documents are kept between requests. */
  const known = new WeakMap<OperationDefinitionNode, Cost>();

  function costOf(document: DocumentNode, operation: OperationDefinitionNode): Cost {
    let cost = known.get(operation);
    if (!cost) known.set(operation, (cost = compileCost(schema, model, document, operation)));
    return cost;
  }

  function refuse(found: number): GraphQLError {
    const passed: PassedLimit = { limit: 'cost', maximum: maxOperationCost, found };
    return new GraphQLError(
      `This operation may cause ${found} upstream calls; at most ${maxOperationCost} are allowed (MAX_OPERATION_COST). ` +
        'Ask for smaller pages, or for less of each run.',
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...passed, http: { status: 400 } } },
    );
  }

  return {
    plugin: {
      requestDidStart: () =>
        Promise.resolve({
          didResolveOperation({ document, operation, request }) {
            const found = operation ? costOf(document, operation)(request.variables ?? {}) : 0;
            return found > maxOperationCost ? Promise.reject(refuse(found)) : Promise.resolve();
          },
        }),
    },
    allows(document, operationName, variables) {
      const operation = getOperationAST(document, operationName);
      return !operation || costOf(document, operation)(variables) <= maxOperationCost;
    },
  };
}
