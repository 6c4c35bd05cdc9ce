/** Look-ahead: which parts of a run the selection reads, so that only these are fetched. */
import { isObjectType, type FieldNode, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql';
import { entryOf } from './field-entry.ts';
import { DATA_REQUIREMENTS, type DataRequirement } from '../../runs/loaders/run-loaders.ts';
import { selectedFields, type Fragments } from './selection.ts';

/** For the resolver of a field that answers a run or a list of runs. `@skip` and `@include` are not weighed. */
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

/** Whoever gets a whole run may read its times, too. */
export const withTimes = (requirement: DataRequirement): DataRequirement => greater(requirement, 'TIMES');

export const greater = (one: DataRequirement, other: DataRequirement): DataRequirement =>
  DATA_REQUIREMENTS.indexOf(one) > DATA_REQUIREMENTS.indexOf(other) ? one : other;
