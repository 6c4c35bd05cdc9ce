import type { Equivalent } from './equivalent.ts';

export const DOMAIN: readonly Equivalent[] = [
  {
    file: 'domain/run/comparison.ts',
    line: "return delta > 0 ? 'SLOWER' : 'FASTER';",
    replacement: 'delta >= 0',
    reason: 'A difference of 0 is noise, which was answered before.',
  },
  {
    file: 'domain/run/timeline.ts',
    line: 'while ((freeFrom[lane] ?? -Infinity) > start) lane += 1;',
    replacement: '+Infinity',
    reason: 'There are as many lanes as bars, so a free one is always found. The type of an index allows none.',
  },
  {
    file: 'domain/run/tokens.ts',
    line: 'if (told === undefined) known.set(step.payload, (told = read(step)));',
    replacement: 'true',
    reason: 'The same is read again. The map saves time, and nothing else.',
  },
  {
    file: 'domain/run/likeness.ts',
    line: 'return error < 0 ? message : fromFrame.slice(error);',
    replacement: 'error <= 0',
    reason: 'At 0 the text begins with its error, and is all of the message that is read.',
  },
  {
    file: 'domain/run/progress.ts',
    line: 'if (graph.entry !== null && successors.has(graph.entry)) return [graph.entry];',
    replacement: 'true',
    reason: 'No node has null for its id. The type of a Map wants it said.',
  },
  {
    file: 'domain/run/gaps.ts',
    line: 'if (interval.step.startTime) addGapUntil(interval.step.startTime, interval.step);',
    replacement: 'true',
    reason: 'Only steps that have a start have an interval.',
  },
  {
    file: 'domain/run/span.ts',
    line: 'const from = startedAt?.epochMicros ?? Infinity;',
    replacement: 'startedAt.epochMicros',
    reason: 'Asked of starts alone, and where a step has a start the run has one.',
  },
  {
    file: 'domain/run/run.ts',
    line: 'if (this.#span !== undefined) return this.#span;',
    replacement: 'false',
    reason: 'The same is worked out again. Keeping it saves time, and nothing else.',
  },
  {
    file: 'domain/critical-path/critical-path.ts',
    line: '.flatMap((id) => predecessors.get(id) ?? [])',
    replacement: '["Stryker was here"]',
    reason: 'Each node has a list there. The type of a Map allows none.',
  },
  {
    file: 'domain/critical-path/graph.ts',
    line: 'for (const [from, followers] of successors) for (const to of followers) predecessors.get(to)?.push(from);',
    replacement: 'predecessors.get(to).push',
    reason: 'Edges to unknown nodes have been left out. The type of a Map allows none.',
  },
  {
    file: 'domain/critical-path/graph.ts',
    line: 'return { id, followers: (successors.get(id) ?? []).values() };',
    replacement: '["Stryker was here"]',
    reason: 'Each node has a list there. The type of a Map allows none.',
  },
  {
    file: 'domain/critical-path/walk-back.ts',
    line: 'candidate.end <= current.start + TOLERANCE_MICROS && isBefore(candidate, current);',
    replacement: 'true',
    reason: 'Less is dropped, and looked at again for each step. Dropping saves time, and nothing else.',
  },
  {
    file: 'domain/critical-path/walk-back.ts',
    line: 'const isRough = current.step.startTime?.isWholeSecond === true || hasRoughEnd(candidate);',
    replacement: 'current.step.startTime.isWholeSecond',
    reason: 'Only steps that have a start have an interval.',
  },
  {
    file: 'domain/critical-path/walk-back.ts',
    line: 'if (candidate.start !== current.start) return candidate.start < current.start;',
    replacement: 'candidate.start <= current.start',
    reason: 'The two starts differ.',
  },
  {
    file: 'domain/cost/cost.ts',
    line: 'const ofModel = model === null ? undefined : list.get(model);',
    replacement: 'false',
    reason: 'No list has a price for null. The type of a Map wants it said.',
  },
  {
    file: 'domain/run/tokens.ts',
    line: "compareText(a.model ?? '', b.model ?? '');",
    replacement: '"Stryker was here!"',
    reason: 'Asked of two models that have a name.',
  },
];
