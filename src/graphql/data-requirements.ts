/** Looks ahead at what will be read of a run, so that nothing is fetched that nobody asks for. */
import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import type { DataRequirement } from '../runs/loaders/run-loaders.ts';

/** The fields of Run that its record alone can tell. Every field that is not named here counts as needing the steps. */
const RECORD_FIELDS: ReadonlySet<string> = new Set([
  '__typename',
  'id',
  'workflowId',
  'workflow',
  'status',
  'statusIsInferred',
  'isFinished',
  'startedAt',
  'endedAt',
  'wallClockMs',
  'error',
  'inputs',
  'outputs',
  'freshness',
]);

/** The fields of Run that take the workflow's graph into account. */
const GRAPH_FIELDS: ReadonlySet<string> = new Set(['criticalPath', 'progress']);

/** For the resolver of a field that answers a run or a list of runs. `@skip` and `@include` are not weighed. */
export function runRequirement(info: GraphQLResolveInfo): DataRequirement {
  const requirement = info.fieldNodes.map((node) => requirementOf(node, info.fragments));
  return requirement.includes('GRAPH') ? 'GRAPH' : requirement.includes('STEPS') ? 'STEPS' : 'RECORD';
}

/** What may stand beside Run where an entity is answered: a fragment on one of them reads nothing of a run. */
const OTHER_ENTITIES: ReadonlySet<string | undefined> = new Set(['Workflow', 'Step']);

type Fragments = GraphQLResolveInfo['fragments'];

/** Documents are kept between requests, so each field of one is looked at once. */
const known = new WeakMap<FieldNode, DataRequirement>();

/** Of one field that answers a run or a list of runs. */
export function requirementOf(node: FieldNode, fragments: Fragments): DataRequirement {
  const answer = known.get(node);
  if (answer) return answer;
  const names = new Set<string>();
  if (node.selectionSet) collectFields(node.selectionSet, fragments, names, new Set());
  const requirement = !names.isDisjointFrom(GRAPH_FIELDS)
    ? 'GRAPH'
    : names.isSubsetOf(RECORD_FIELDS)
      ? 'RECORD'
      : 'STEPS';
  known.set(node, requirement);
  return requirement;
}

/** `seen` holds the fragments that were looked at already: nested spreads would else take exponential time. */
function collectFields({ selections }: SelectionSetNode, fragments: Fragments, names: Set<string>, seen: Set<string>) {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      names.add(selection.name.value);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const { typeCondition, selectionSet } = selection;
      if (!OTHER_ENTITIES.has(typeCondition?.name.value)) collectFields(selectionSet, fragments, names, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = fragments[selection.name.value];
      if (fragment && !OTHER_ENTITIES.has(fragment.typeCondition.name.value)) {
        collectFields(fragment.selectionSet, fragments, names, seen);
      }
    }
  }
}
