/** The cost of an operation: the upstream calls that it may cause while nothing is cached. */
import {
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { READS_WORKFLOWS, type CostModel } from './cost-model.ts';
import { argumentsOf, plus, shared, times, valueOf, type Term, type Variables } from './cost-terms.ts';
import { requirementOf } from './data-requirements.ts';

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

  const ofSet = (set: SelectionSetNode | undefined, parent: GraphQLCompositeType): Term =>
    (set?.selections ?? []).reduce((total: Term, selection) => plus(total, ofSelection(selection, parent)), 0);

  function ofSelection(selection: SelectionNode, parent: GraphQLCompositeType): Term {
    if (selection.kind === Kind.FIELD) return ofField(selection, parent);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    return ofSet(selection.selectionSet, narrowed(parent, selection.typeCondition?.name.value));
  }

  /** Of an item that may be of several types, all that is selected counts, as if it were of each. */
  function narrowed(parent: GraphQLCompositeType, typeName: string | undefined): GraphQLCompositeType {
    const type = typeName === undefined ? undefined : schema.getType(typeName);
    return isCompositeType(type) ? type : parent;
  }

  function ofFragment(name: string): Term {
    const fragment = fragments[name];
    const type = schema.getType(fragment?.typeCondition.name.value ?? '');
    if (!fragment || !isCompositeType(type)) return 0;
    const term = known.get(name) ?? shared(name, ofSet(fragment.selectionSet, type));
    known.set(name, term);
    return term;
  }

  function ofField(node: FieldNode, parent: GraphQLCompositeType): Term {
    const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field) return 0;
    const name = `${parent.name}.${field.name}`;
    reads.workflows ||= READS_WORKFLOWS.has(name);
    const type = getNamedType(field.type);
    const inner = isCompositeType(type) ? ofSet(node.selectionSet, type) : 0;
    const defaults = new Map(field.args.map((argument) => [argument.name, argument.defaultValue]));
    const cost = model.get(name)?.(argumentsOf(node, defaults, operation), () => requirementOf(node, fragments)) ?? {};
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
