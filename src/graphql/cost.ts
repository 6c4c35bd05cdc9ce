/** The cost of an operation: the upstream calls that it may cause while nothing is held. */
import {
  getNamedType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { READS_WORKFLOWS, type CostModel } from './cost-model.ts';
import { argumentsOf, plus, shared, times, valueOf, type Term, type Variables } from './cost-terms.ts';
import { needsOf } from './needs.ts';

/** Works out the cost for one request's variables, which may be anything that JSON can say. */
export type Cost = (variables: Variables) => number;

/** For a document that was found valid. */
export function compileCost(
  schema: GraphQLSchema,
  model: CostModel,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  const fragments = fragmentsOf(document);
  const known = new Map<string, Term>();
  const reads = { workflows: false };

  const ofSet = (set: SelectionSetNode | undefined, parent: GraphQLObjectType): Term =>
    (set?.selections ?? []).reduce((total: Term, selection) => plus(total, ofSelection(selection, parent)), 0);

  function ofSelection(selection: SelectionNode, parent: GraphQLObjectType): Term {
    if (selection.kind === Kind.FIELD) return ofField(selection, parent);
    // No type of the schema is abstract: a fragment that fits is one on the very type.
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSet(selection.selectionSet, parent);
    return ofFragment(selection.name.value, parent);
  }

  function ofFragment(name: string, parent: GraphQLObjectType): Term {
    const term = known.get(name) ?? shared(name, ofSet(fragments[name]?.selectionSet, parent));
    known.set(name, term);
    return term;
  }

  function ofField(node: FieldNode, parent: GraphQLObjectType): Term {
    const field = parent.getFields()[node.name.value];
    if (!field) return 0;
    const name = `${parent.name}.${field.name}`;
    reads.workflows ||= READS_WORKFLOWS.has(name);
    const type = getNamedType(field.type);
    const inner = isObjectType(type) ? ofSet(node.selectionSet, type) : 0;
    const defaults = new Map(field.args.map((argument) => [argument.name, argument.defaultValue]));
    const cost = model.get(name)?.(argumentsOf(node, defaults, operation), () => needsOf(node, fragments)) ?? {};
    return plus(cost.own ?? 0, times(cost.items ?? 1, inner));
  }

  const root = schema.getRootType(operation.operation);
  const term = root ? ofSet(operation.selectionSet, root) : 0;
  const ofWorkflows = reads.workflows ? 1 : 0;
  return (variables) => ofWorkflows + valueOf(term, { variables, fragments: new Map() });
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}
