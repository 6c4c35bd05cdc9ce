/** The progress of a run, in nodes. */
import { latestOf, type Execution } from './executions.ts';
import type { RawGraph } from './raw.ts';

export function progressOf(graph: RawGraph | null, all: readonly Execution[], isRunFinished: boolean) {
  const seen = [...new Set(all.map(({ raw }) => raw.node))];
  const latest = latestOf(all, isRunFinished);
  const finished = latest.filter(({ isFinished }) => isFinished).length;
  if (!graph || graph.nodes.length === 0) return { finished, total: seen.length, isTotalKnown: false };
  if (isRunFinished) return { finished, total: seen.length, isTotalKnown: true };

  const isCutOff = (node: string) =>
    latest.some(({ raw, status }) => raw.node === node && ['FAILED', 'CANCELLED', 'SKIPPED'].includes(status));
  const knows = (node: string) => graph.nodes.includes(node);
  const edges = graph.edges.filter(([from, to]) => knows(from) && knows(to));
  const hasEntry = graph.entry !== null && knows(graph.entry);
  const entries = graph.nodes.filter((node) =>
    hasEntry ? node === graph.entry : !edges.some(([, to]) => to === node),
  );
  const counted = new Set([...seen, ...entries]);
  // Until a round finds nothing new.
  for (let size = -1; size !== counted.size;) {
    size = counted.size;
    for (const [from, to] of edges) if (counted.has(from) && !isCutOff(from)) counted.add(to);
  }
  return { finished, total: counted.size, isTotalKnown: true };
}
