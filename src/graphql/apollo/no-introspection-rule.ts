/** Validation rule for INTROSPECTION=off. It also rejects `_service`, which returns the schema. */
import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';

const INTROSPECTION_FIELDS: ReadonlySet<string> = new Set(['__schema', '__type', '_service']);

export const noIntrospectionRule = (context: ValidationContext): ASTVisitor => ({
  Field(node) {
    const { value } = node.name;
    if (!INTROSPECTION_FIELDS.has(value) || context.getParentType() !== context.getSchema().getQueryType()) return;
    const message =
      `Introspection (${value}) is disabled. Set INTROSPECTION=on to enable it. ` +
      'Generate code and compose from schema.graphql.';
    context.reportError(new GraphQLError(message, { nodes: node }));
  },
});
