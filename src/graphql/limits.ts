/** Bounds on what an operation may ask, checked before anything is executed. */
import { GraphQLError, Kind, type ASTVisitor, type SelectionNode, type SelectionSetNode } from 'graphql';
import type { ValidationContext } from 'graphql';

/** Deep enough for every real need: `run.timeline.bars.step.previousAttempt.errorInfo.message` is 7. */
export const MAX_DEPTH = 20;
/** Names, braces and the like; a page of fields is some hundreds. */
export const MAX_TOKENS = 5000;

/**
 * A validation rule: no field may stand deeper than MAX_DEPTH. Fragments count where they are spread; introspection is
 * left alone, since tools ask it deeply.
 */
export function depthRule(context: ValidationContext): ASTVisitor {
  // Each fragment is measured once, however often it is spread: nested spreads would else take exponential time.
  const fragmentDepths = new Map<string, number>();

  const depthOf = (set: SelectionSetNode | undefined): number =>
    (set?.selections ?? []).reduce((depth, selection) => Math.max(depth, depthBelow(selection)), 0);

  function depthBelow(selection: SelectionNode): number {
    if (selection.kind === Kind.INLINE_FRAGMENT) return depthOf(selection.selectionSet);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return fragmentDepth(selection.name.value);
    return selection.name.value.startsWith('__') ? 0 : 1 + depthOf(selection.selectionSet);
  }

  function fragmentDepth(name: string): number {
    const known = fragmentDepths.get(name);
    if (known !== undefined) return known;
    // Stands while it is measured, so that a fragment that spreads itself (another rule reports it) ends here.
    fragmentDepths.set(name, 0);
    const depth = depthOf(context.getFragment(name)?.selectionSet);
    fragmentDepths.set(name, depth);
    return depth;
  }

  return {
    OperationDefinition(operation) {
      const depth = depthOf(operation.selectionSet);
      if (depth <= MAX_DEPTH) return;
      const message = `This operation is ${depth} fields deep; at most ${MAX_DEPTH} are allowed.`;
      context.reportError(new GraphQLError(message, { nodes: operation }));
    },
  };
}
