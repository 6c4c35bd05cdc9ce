/** Adds the ids of each workflow and run to an operation, so that the rule knows which calls it needs. */
import { Kind, parse, print, TypeInfo, visit, visitWithTypeInfo, type FieldNode, type GraphQLSchema } from 'graphql';
import { ID, WORKFLOW_ID } from './needed-calls.ts';

const field = (alias: string, name: string): FieldNode => ({
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: alias },
  name: { kind: Kind.NAME, value: name },
});

const ADDED: Readonly<Record<string, readonly FieldNode[]>> = {
  Workflow: [field(ID, 'id')],
  Run: [field(ID, 'id'), field(WORKFLOW_ID, 'workflowId')],
};

export function withIds(schema: GraphQLSchema, text: string): string {
  const typeInfo = new TypeInfo(schema);
  const document = visit(
    parse(text),
    visitWithTypeInfo(typeInfo, {
      SelectionSet: {
        leave: (node) => ({
          ...node,
          selections: [...node.selections, ...(ADDED[typeInfo.getParentType()?.name ?? ''] ?? [])],
        }),
      },
    }),
  );
  return print(document);
}
