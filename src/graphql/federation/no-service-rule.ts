/** A validation rule for production: `_service` answers the schema, so it is refused like introspection. */
import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';

export const noServiceRule = (context: ValidationContext): ASTVisitor => ({
  Field(node) {
    if (node.name.value !== '_service' || context.getParentType()?.name !== 'Query') return;
    const message =
      'The schema is not told in production, neither by introspection nor by _service: compose from schema.graphql.';
    context.reportError(new GraphQLError(message, { nodes: node }));
  },
});
