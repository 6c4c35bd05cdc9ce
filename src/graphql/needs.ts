/** Looks ahead at what will be read of a run, so that steps nobody asks for are not fetched. */
import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import type { RunNeeds } from '../runs/loaders.ts';

/** The fields of Run that its record alone can tell. Every other field counts as one that needs the steps. */
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
  'error',
  'inputs',
  'outputs',
  'freshness',
]);

/** For the resolver of a field that answers a run or a list of runs. `@skip` and `@include` are not weighed. */
export function runNeeds(info: GraphQLResolveInfo): RunNeeds {
  return info.fieldNodes.some((node) => fieldNeedsSteps(node, info.fragments)) ? 'STEPS' : 'RECORD';
}

type Fragments = GraphQLResolveInfo['fragments'];

/** Documents are kept between requests, so each field of one is looked at once. */
const known = new WeakMap<FieldNode, boolean>();

function fieldNeedsSteps(node: FieldNode, fragments: Fragments): boolean {
  let answer = known.get(node);
  if (answer === undefined) {
    answer = node.selectionSet !== undefined && readsSteps(node.selectionSet, fragments, new Set());
    known.set(node, answer);
  }
  return answer;
}

/** `seen` holds the fragments that were looked at already: nested spreads would else take exponential time. */
function readsSteps({ selections }: SelectionSetNode, fragments: Fragments, seen: Set<string>): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.FIELD) return !RECORD_FIELDS.has(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return readsSteps(selection.selectionSet, fragments, seen);
    const { value: name } = selection.name;
    const fragment = seen.has(name) ? undefined : fragments[name];
    seen.add(name);
    return fragment !== undefined && readsSteps(fragment.selectionSet, fragments, seen);
  });
}
