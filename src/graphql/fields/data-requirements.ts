/** Look-ahead: the parts of a run that a selection reads, so only these are loaded. */
import { isObjectType, type FieldNode, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql';
import { entryOf } from './field-entry.ts';
import { DATA_REQUIREMENTS, type DataRequirement } from '../../runs/loaders/run-loaders.ts';
import { selectedFields, type Fragments } from './selection.ts';

/** For resolvers of fields that return runs. Ignores `@skip` and `@include`. */
export type LookAhead = (info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>) => DataRequirement;

export function createLookAhead(schema: GraphQLSchema): LookAhead {
  const run = schema.getType('Run');
  const fields = isObjectType(run) ? run.getFields() : {};
  /** Documents are cached, so each field node is visited once. */
  const computed = new WeakMap<FieldNode, DataRequirement>();

  function requirementOf(node: FieldNode, fragments: Fragments): DataRequirement {
    const known = computed.get(node);
    if (known) return known;
    let requirement: DataRequirement = 'RECORD';
    for (const { name } of selectedFields(node.selectionSet, fragments, mayAnswerRuns)) {
      const field = fields[name.value];
      if (field) requirement = greater(requirement, entryOf(field).requirement ?? 'RECORD');
    }
    computed.set(node, requirement);
    return requirement;
  }

  return ({ fieldNodes, fragments }) =>
    fieldNodes.map((node) => requirementOf(node, fragments)).reduce(greater, 'RECORD');
}

const mayAnswerRuns = (typeName: string): boolean => typeName === 'Run' || typeName === '_Entity';

/** The times of a run that is passed on as a whole may be read. */
export const withTimes = (requirement: DataRequirement): DataRequirement => greater(requirement, 'TIMES');

export const greater = (one: DataRequirement, other: DataRequirement): DataRequirement =>
  DATA_REQUIREMENTS.indexOf(one) > DATA_REQUIREMENTS.indexOf(other) ? one : other;
