/** The cost of an operation's text, by the model that the gateway uses. */
import { getOperationAST, Kind, parse, type FragmentDefinitionNode, type GraphQLSchema } from 'graphql';
import { createLookAhead } from '../../src/graphql/fields/data-requirements.ts';
import { createCostModel, type Cost, type CostOf } from '../../src/graphql/operations/cost.ts';

export function createCostOf(schema: GraphQLSchema, offersRecords: boolean) {
  const prepare = createPreparedCost(schema, offersRecords);
  return (text: string, variables: Readonly<Record<string, unknown>> = {}): Cost => prepare(text)(variables);
}

/** Of an operation that comes again, with other variables. */
export function createPreparedCost(schema: GraphQLSchema, offersRecords: boolean) {
  const model = createCostModel({ schema, lookAhead: createLookAhead(schema), offersRecords, maxObjects: 25_000 });

  return (text: string): CostOf => {
    const document = parse(text);
    const operation = getOperationAST(document);
    if (!operation) throw new Error('expected one operation');
    const fragments = document.definitions.filter(
      (definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION,
    );
    return model.prepare(operation, Object.fromEntries(fragments.map((one) => [one.name.value, one])));
  };
}
