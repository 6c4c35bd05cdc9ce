/** Looks ahead at what will be read of a run, so that nothing is fetched that nobody asks for. */
import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import type { RunNeeds } from '../runs/loaders.ts';

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
export function runNeeds(info: GraphQLResolveInfo): RunNeeds {
  const needs = info.fieldNodes.map((node) => needsOf(node, info.fragments));
  return needs.includes('GRAPH') ? 'GRAPH' : needs.includes('STEPS') ? 'STEPS' : 'RECORD';
}

type Fragments = GraphQLResolveInfo['fragments'];

/** Documents are kept between requests, so each field of one is looked at once. */
const known = new WeakMap<FieldNode, RunNeeds>();

function needsOf(node: FieldNode, fragments: Fragments): RunNeeds {
  const answer = known.get(node);
  if (answer) return answer;
  const names = new Set<string>();
  if (node.selectionSet) collectFields(node.selectionSet, fragments, names, new Set());
  const needs = !names.isDisjointFrom(GRAPH_FIELDS) ? 'GRAPH' : names.isSubsetOf(RECORD_FIELDS) ? 'RECORD' : 'STEPS';
  known.set(node, needs);
  return needs;
}

/** `seen` holds the fragments that were looked at already: nested spreads would else take exponential time. */
function collectFields({ selections }: SelectionSetNode, fragments: Fragments, names: Set<string>, seen: Set<string>) {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      names.add(selection.name.value);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectFields(selection.selectionSet, fragments, names, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = fragments[selection.name.value];
      if (fragment) collectFields(fragment.selectionSet, fragments, names, seen);
    }
  }
}
