/** Cost limit: the upstream calls that an operation could make with an empty cache, and the objects of its answer. */
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { readsSteps } from '../../runs/loaders/run-loaders.ts';
import type { LookAhead } from '../fields/data-requirements.ts';
import { ASSUMED_LIST_SIZE, entryOf, type RunCalls } from '../fields/field-entry.ts';
import { argumentValues, type ArgumentValues, type Variables } from '../fields/argument-values.ts';
import { weightOf } from '../fields/object-budget.ts';
import type { Fragments } from '../fields/selection.ts';
import { introspectedObjects } from './introspection.ts';

export interface Cost {
  readonly calls: number;
  readonly objects: number;
  readonly introspected: number;
}

/** Computes the cost for the variables of one request, which are not coerced. */
export type CostOf = (variables: Variables) => Cost;

export type CostModel = ReturnType<typeof createCostModel>;

export interface CostModelOptions {
  readonly schema: GraphQLSchema;
  readonly lookAhead: LookAhead;
  /** If false, a run costs one call, whatever is read of it. */
  readonly offersRecords: boolean;
  /** Limit up to which the objects of introspection are counted. */
  readonly maxObjects: number;
}

interface Sum extends Cost {
  /** Number of selected fields, including those of fragments. */
  readonly fields: number;
}

interface Worked {
  readonly cost: Cost;
  readonly dependsOnVariables: boolean;
}

const NOTHING: Sum = { calls: 0, objects: 0, introspected: 0, fields: 0 };

const add = (one: Sum, other: Sum): Sum => ({
  calls: one.calls + other.calls,
  objects: one.objects + other.objects,
  introspected: one.introspected + other.introspected,
  fields: one.fields + other.fields,
});

/**
 * Ignores `@skip` and `@include`, calls for a history that changes while it is read, and calls for the steps of a run
 * without a record, or whose record lacks a selected time.
 */
export function createCostModel({ schema, lookAhead, offersRecords, maxObjects }: CostModelOptions) {
  function work(operation: OperationDefinitionNode, fragments: Fragments, given: Variables): Worked {
    const root = schema.getRootType(operation.operation);
    const variables = withDefaults(operation, given);
    /** Sums by fragment, since nested spreads could take exponential time. */
    const ofFragments = new Map<string, Sum>();
    // Without an argument that depends on variables, the cost is the same for every request.
    const found = { readsWorkflows: false, dependsOnVariables: false, introspected: 0 };
    const onVariable = () => {
      found.dependsOnVariables = true;
    };

    const ofSet = (set: SelectionSetNode | undefined, parent: GraphQLCompositeType): Sum =>
      (set?.selections ?? []).map((selection) => ofSelection(selection, parent)).reduce(add, NOTHING);

    /** For an item of several possible types, the selections on all types count. */
    function ofSelection(selection: SelectionNode, parent: GraphQLCompositeType): Sum {
      if (selection.kind === Kind.FIELD) return ofField(selection, parent);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
      return ofSet(selection.selectionSet, typeOf(selection.typeCondition) ?? parent);
    }

    function ofFragment(name: string): Sum {
      const known = ofFragments.get(name);
      if (known) return known;
      const fragment = fragments[name];
      const type = typeOf(fragment?.typeCondition);
      const sum = type ? ofSet(fragment?.selectionSet, type) : NOTHING;
      ofFragments.set(name, sum);
      return sum;
    }

    function ofField(node: FieldNode, parent: GraphQLCompositeType): Sum {
      const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
      if (!field) return ofMetaField(node, parent);
      const entry = entryOf(field);
      found.readsWorkflows ||= entry.readsWorkflows === true || entry.requirement === 'GRAPH';
      const given = argumentValues(node, field, variables, onVariable);
      const calls = entry.calls?.(given, runCalls(node)) ?? 0;
      const type = getNamedType(field.type);
      if (!isCompositeType(type)) return { ...NOTHING, calls, fields: 1 };
      const inner = ofSet(node.selectionSet, type);
      const isList = isListType(getNullableType(field.type));
      const { items = isList ? ASSUMED_LIST_SIZE : 1 } = entry;
      const size = numberOf(items, given);
      const objects = numberOf(entry.objects ?? size, given) * (weightOf(inner.fields) + inner.objects);
      return { ...NOTHING, calls: calls + size * inner.calls, objects, fields: 1 };
    }

    function ofMetaField(node: FieldNode, parent: GraphQLCompositeType): Sum {
      if (parent !== root) return { ...NOTHING, fields: 1 };
      const name = argumentValues(node, TypeMetaFieldDef, variables, onVariable).get('name');
      // Counting stops at the operation's limit, since it takes time.
      const maximum = maxObjects - found.introspected;
      const introspected = maximum < 0 ? 0 : introspectedObjects(node, name, { schema, fragments, maximum });
      found.introspected += introspected;
      return { ...NOTHING, objects: introspected, introspected, fields: 1 };
    }

    const runCalls = (node: FieldNode): RunCalls => {
      const requirement = () => lookAhead({ fieldNodes: [node], fragments });
      return {
        byId: () => (offersRecords && readsSteps(requirement()) ? 2 : 1),
        ofPage: () => (readsSteps(requirement()) ? 1 : 0),
        withSteps: () => (offersRecords ? 2 : 1),
      };
    };

    const { calls, objects, introspected } = root ? ofSet(operation.selectionSet, root) : NOTHING;
    const cost = { calls: calls + (found.readsWorkflows ? 1 : 0), objects, introspected };
    return { cost, dependsOnVariables: found.dependsOnVariables };
  }

  function typeOf(condition: NamedTypeNode | undefined): GraphQLCompositeType | null {
    const type = condition && schema.getType(condition.name.value);
    return isCompositeType(type) ? type : null;
  }

  return {
    /** Takes a valid operation. */
    prepare(operation: OperationDefinitionNode, fragments: Fragments): CostOf {
      let constant: Cost | null = null;
      return (variables) => {
        if (constant) return constant;
        const { cost, dependsOnVariables } = work(operation, fragments, variables);
        if (!dependsOnVariables) constant = cost;
        return cost;
      };
    },
  };
}

const numberOf = (value: number | ((given: ArgumentValues) => number), given: ArgumentValues): number =>
  typeof value === 'number' ? value : value(given);

/** Created without a prototype, since a variable may be named `constructor`. */
function withDefaults({ variableDefinitions = [] }: OperationDefinitionNode, given: Variables): Variables {
  const variables = Object.create(null) as Record<string, unknown>;
  for (const { variable, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    variables[name] = value === undefined && defaultValue ? valueFromASTUntyped(defaultValue) : value;
  }
  return variables;
}
