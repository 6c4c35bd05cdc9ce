/** The critical path: the heaviest of all chains through the graph; without a graph, step by step from the end. */
import { byStart } from './executions.ts';
import type { RawGraph } from './raw.ts';
import { covered, type Stretch } from './times.ts';
import type { Timed } from './runs.ts';

export interface Paths {
  /** All paths that the definition allows, as indexes of steps. */
  readonly paths: readonly (readonly number[])[];
  readonly isInferred: boolean;
}

/** When they worked. */
export const stretchesOf = (steps: readonly Timed[]): Stretch[] => steps.flatMap(({ duration }) => duration.worked);

export const criticalPaths = (steps: readonly Timed[], graph: RawGraph | null): Paths =>
  graph && graph.nodes.length > 0
    ? { paths: heaviestChains(steps, graph), isInferred: false }
    : { paths: [walkBack(steps)], isInferred: true };

function heaviestChains(steps: readonly Timed[], graph: RawGraph): number[][] {
  const nodes = [...new Set(graph.nodes)];
  const follows = (from: string, to: string) => graph.edges.some(([a, b]) => a === from && b === to);
  const reaches = (from: string, to: string, passed: readonly string[] = []): boolean =>
    nodes.some(
      (next) => follows(from, next) && !passed.includes(next) && (next === to || reaches(next, to, [...passed, next])),
    );
  const groupOf = (node: string) =>
    nodes.filter((other) => other === node || (reaches(node, other) && reaches(other, node)));
  const groups: (readonly string[])[] = [
    ...new Map(nodes.map((node) => [groupOf(node).join(), groupOf(node)])).values(),
  ];

  const stepsOf = (group: readonly string[]) =>
    steps.filter(({ raw, start }) => start && group.includes(raw.node)).sort(byStart);
  const nextOf = (group: readonly string[]) =>
    groups.filter((other) => other !== group && group.some((a) => other.some((b) => follows(a, b))));

  const weightOf = new Map(groups.map((group) => [group, covered(stretchesOf(stepsOf(group)))]));
  let best = { weight: 0, count: 0, paths: [[]] as number[][] };
  const extend = (group: readonly string[], weightBefore: number, before: readonly number[]): void => {
    const path = [...before, ...stepsOf(group).map(({ index }) => index)];
    const weight = weightBefore + (weightOf.get(group) ?? 0);
    const isBetter = weight > best.weight || (weight === best.weight && path.length > best.count);
    if (isBetter) best = { weight, count: path.length, paths: [path] };
    else if (weight === best.weight && path.length === best.count) best.paths.push(path);
    for (const next of nextOf(group)) extend(next, weight, path);
  };
  for (const group of groups) extend(group, 0, []);
  return best.paths;
}

function walkBack(steps: readonly Timed[]): number[] {
  const placed = steps.flatMap((step) => {
    const { span, worked } = step.duration;
    // A wait at the end does not belong to it.
    return span ? [{ ...step, from: span.from, to: worked.at(-1)?.to ?? span.from }] : [];
  });
  type Placed = (typeof placed)[number];
  const isLater = (a: Placed, b: Placed) =>
    a.to !== b.to ? a.to > b.to : a.from !== b.from ? a.from > b.from : a.index > b.index;
  const last = (candidates: readonly Placed[]) =>
    candidates.find((one) => candidates.every((other) => other === one || isLater(one, other)));

  const path: number[] = [];
  for (let current = last(placed); current;) {
    const step: Placed = current;
    path.unshift(step.index);
    current = last(
      placed.filter((candidate) => {
        const knownToTheSecond =
          candidate.duration.source === 'ELAPSED_SECONDS' ||
          (candidate.duration.source === 'TIMESTAMPS' && candidate.end?.hasFraction === false) ||
          step.start?.hasFraction === false;
        if (candidate.to > step.from + (knownToTheSecond ? 1_000_000 : 0)) return false;
        if (candidate.from !== step.from) return candidate.from < step.from;
        // Both started together: only a step of zero length was over by then; of two such steps, the first in the
        // list.
        if (candidate.to !== candidate.from) return false;
        return step.to > step.from || candidate.index < step.index;
      }),
    );
  }
  return path;
}
