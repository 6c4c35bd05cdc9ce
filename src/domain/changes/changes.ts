/** Changes between successive runs of a workflow. */
import { clip } from '../conversation/text.ts';
import { compareText } from '../order.ts';
import type { Timestamp } from '../timestamp.ts';
import type { WorkflowRecord } from '../types.ts';
import type { ModelCall, Parameters } from './model-calls.ts';
import { templatesOf, type Prompt } from './prompt.ts';

/** Order of the changes of one node in one run. */
const KINDS = ['GRAPH', 'MODEL', 'PROMPT', 'PARAMETERS'] as const;
export type ChangeKind = (typeof KINDS)[number];

export interface ChangePoint {
  /** Start of the run with the change. */
  readonly at: Timestamp;
  readonly runId: string;
  readonly previousRunId: string;
  /** Changed node. Null for GRAPH. */
  readonly nodeId: string | null;
  readonly kind: ChangeKind;
  readonly before: string | null;
  readonly after: string | null;
}

/** A started run, reduced to the compared data. */
export interface ComparedRun {
  readonly id: string;
  readonly startedAt: Timestamp;
  /** Nodes that have steps. */
  readonly nodeIds: ReadonlySet<string>;
  /** Model calls by node id. */
  readonly calls: ReadonlyMap<string, ModelCall>;
}

interface Difference {
  readonly before: string | null;
  readonly after: string | null;
}

interface CallInRun {
  /** Index of the run. */
  readonly at: number;
  readonly call: ModelCall;
}

/** Cost of a call and of a change, in compared values. */
const CALL_VALUES = 5;
const CHANGE_VALUES = 50;

/** Takes runs from oldest to newest and returns the newest changes first. Yields the number of compared values. */
export function* changePoints(
  runs: readonly ComparedRun[],
  workflow: Pick<WorkflowRecord, 'version' | 'updatedAt' | 'graph'> | null,
): Generator<number, ChangePoint[], void> {
  const found: { readonly at: number; readonly point: ChangePoint }[] = [];

  function add(from: number, at: number, rest: Pick<ChangePoint, 'nodeId' | 'kind'> & Difference): void {
    const [previous, run] = [runs[from], runs[at]];
    if (!previous || !run) return;
    const { nodeId, kind, before, after } = rest;
    const point = { at: run.startedAt, runId: run.id, previousRunId: previous.id, nodeId, kind, before, after };
    found.push({ at, point });
  }

  for (const [nodeId, calls] of callsOfNodes(runs)) {
    const templates = yield* templatesOf(calls.map(({ call }) => call.prompt));
    let last: CallInRun | undefined;
    let lastModel: CallInRun | undefined;
    for (const [index, { at, call }] of calls.entries()) {
      const before = found.length;
      if (last) {
        const prompt = promptDifference(templates[index - 1], templates[index]);
        if (prompt) add(last.at, at, { nodeId, kind: 'PROMPT', ...prompt });
        const parameters = parametersDifference(last.call.parameters, call.parameters);
        if (parameters) add(last.at, at, { nodeId, kind: 'PARAMETERS', ...parameters });
      }
      const compared = last?.call.parameters === call.parameters ? 0 : call.parameters.size;
      last = { at, call };
      if (call.model !== null) {
        if (lastModel && lastModel.call.model !== call.model) {
          add(lastModel.at, at, { nodeId, kind: 'MODEL', before: lastModel.call.model, after: call.model });
        }
        lastModel = { at, call };
      }
      yield CALL_VALUES + compared + CHANGE_VALUES * (found.length - before);
    }
  }
  const graph = workflow && (yield* graphDifference(runs, workflow));
  if (graph) add(graph.at - 1, graph.at, { nodeId: null, kind: 'GRAPH', ...graph });

  const rank = ({ kind }: ChangePoint) => KINDS.indexOf(kind);
  return found
    .sort(
      (a, b) => b.at - a.at || compareText(a.point.nodeId ?? '', b.point.nodeId ?? '') || rank(a.point) - rank(b.point),
    )
    .map(({ point }) => point);
}

function callsOfNodes(runs: readonly ComparedRun[]): Map<string, CallInRun[]> {
  const nodes = new Map<string, CallInRun[]>();
  for (const [at, { calls }] of runs.entries()) {
    for (const [nodeId, call] of calls) {
      const ofNode = nodes.get(nodeId) ?? [];
      nodes.set(nodeId, ofNode);
      ofNode.push({ at, call });
    }
  }
  return nodes;
}

/** Sentences that appear in only one prompt, or null if both have the same sentences. */
function promptDifference(before: Prompt | undefined, after: Prompt | undefined): Difference | null {
  if (!before || !after || before === after) return null;
  const removed = [...before].filter((sentence) => !after.has(sentence));
  const added = [...after].filter((sentence) => !before.has(sentence));
  return removed.length + added.length > 0 ? shortened(removed.join('\n'), added.join('\n')) : null;
}

/** Parameters with different values, or null. */
function parametersDifference(before: Parameters, after: Parameters): Difference | null {
  if (before === after) return null;
  const names = [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort(compareText);
  if (names.length === 0) return null;
  const parts = names.map((name) => shortened(before.get(name) ?? '', after.get(name) ?? ''));
  const textOf = (side: keyof Difference): string =>
    names.flatMap((name, at) => (parts[at]?.[side] == null ? [] : [`${name}: ${parts[at][side]}`])).join(', ');
  return { before: clipped(textOf('before')), after: clipped(textOf('after')) };
}

/** The upstream sends only the current graph, so changed nodes are inferred from runs before and after its change. */
function* graphDifference(
  runs: readonly ComparedRun[],
  { version, updatedAt, graph }: Pick<WorkflowRecord, 'version' | 'updatedAt' | 'graph'>,
): Generator<number, (Difference & { readonly at: number }) | null, void> {
  const at = runs.findIndex(({ startedAt }) => updatedAt !== null && startedAt.epochMicros >= updatedAt.epochMicros);
  if (at < 1) return null;
  const earlier = yield* nodesOf(runs.slice(0, at));
  const later = yield* nodesOf(runs.slice(at));
  const present = new Set(graph?.nodes.map(({ id }) => id));
  const removed = graph ? [...earlier].filter((id) => !present.has(id)) : [];
  const added = [...later].filter((id) => !earlier.has(id));
  const nodes = (ids: readonly string[]) => (ids.length > 0 ? [`nodes ${[...ids].sort(compareText).join(', ')}`] : []);
  return {
    at,
    before: clipped(nodes(removed).join()),
    after: clipped([...(version === null ? [] : [`version ${version}`]), ...nodes(added)].join(', ')),
  };
}

function* nodesOf(runs: readonly ComparedRun[]): Generator<number, Set<string>, void> {
  const nodes = new Set<string>();
  for (const { nodeIds } of runs) {
    for (const id of nodeIds) nodes.add(id);
    yield nodeIds.size;
  }
  return nodes;
}

/** Limits in characters: length of `before` and `after`, and equal text shown before the first difference. */
const MAX_TEXT = 300;
const CONTEXT = 40;

/** Starts shortly before the first difference. */
function shortened(before: string, after: string): Difference {
  let same = 0;
  while (same < Math.min(before.length, after.length) && before[same] === after[same]) same += 1;
  const isOneEmpty = before === '' || after === '';
  const from = isOneEmpty || same <= CONTEXT ? 0 : same - CONTEXT;
  const part = (text: string) => clipped(`${from > 0 ? '…' : ''}${text.slice(from).toWellFormed()}`);
  return { before: before === '' ? null : part(before), after: after === '' ? null : part(after) };
}

/** Returns null for an empty string. */
const clipped = (text: string): string | null => (text.length > MAX_TEXT ? `${clip(text, MAX_TEXT)}…` : text || null);
