/** Where introspection is off, federation's own way to the schema is too. */
import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';

/** A validation rule. */
export const noServiceRule = (context: ValidationContext): ASTVisitor => ({
  Field(node) {
    if (node.name.value !== '_service' || context.getParentType()?.name !== 'Query') return;
    const message =
      'The schema is not told in production, neither by introspection nor by _service: compose from schema.graphql.';
    context.reportError(new GraphQLError(message, { nodes: node }));
  },
});
