import type { Equivalent } from './equivalent.ts';

const TYPES_ALONE = 'Never reached: the types allow that nothing is found, and something always is.';
const SAVES_TIME = 'A shorter way to the same answer. It saves time, and nothing else.';

const RUN: readonly Equivalent[] = [
  {
    file: 'domain/run/comparison.ts',
    line: "return delta > 0 ? 'SLOWER' : 'FASTER';",
    replacement: 'delta >= 0',
    reason: 'A difference of 0 is noise, which was answered before.',
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
    line: 'const isRough = current.step.startTime?.isWholeSecond === true;',
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

const STEP: readonly Equivalent[] = [
  {
    file: 'domain/step/attempts.ts',
    line: "attemptKind: kinds[i] ?? 'FIRST',",
    replacement: '""',
    reason: TYPES_ALONE,
  },
  {
    file: 'domain/step/duration.ts',
    line: 'elapsedTime !== null && elapsedTime >= 0 && elapsedTime <= Number.MAX_SAFE_INTEGER ? elapsedTime : null;',
    replacement: 'true',
    reason: 'Null is at least 0 and at most any number, and is answered as null. The types ask for it.',
  },
  {
    file: 'domain/step/placement.ts',
    line: 'let placement: Placement = { offsetMs: null, gapBeforeMs: null };',
    replacement: '{}',
    reason: 'Replaced before it is used: no start equals the first placedAt.',
  },
  ...[
    ['const UNKNOWN_DURATION: StepDuration = {', '{}'],
    ["durationSource: 'NONE',", '""'],
    ['clockSkewDetected: false,', 'true'],
  ].map(([line = '', replacement = '']) => ({ file: 'domain/step/steps.ts', line, replacement, reason: TYPES_ALONE })),
  ...[
    '/^(?:[[{"\\D-]|(?:true|false|null)$)/',
    '/^(?:[[{"\\d-]|(?:true|false|null))/',
    '/(?:[[{"\\d-]|(?:true|false|null)$)/',
  ].map((replacement) => ({
    file: 'domain/step/step-error.ts',
    line: 'const JSON_START = /^(?:[[{"\\d-]|(?:true|false|null)$)/;',
    replacement,
    reason: 'What is then given to the parser, or kept from it, is answered as the text that it is either way.',
  })),
  {
    file: 'domain/step/step-error.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Where nothing was parsed, the message is the text, too.',
  },
];

const FILES: readonly Equivalent[] = [
  ...['true', 'level.length >= 0'].map((replacement) => ({
    file: 'domain/json.ts',
    line: 'for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) level = nextLevel(level, () => false) ?? [];',
    replacement,
    reason: 'Below an empty level there are only empty ones. To stop there saves time.',
  })),
  ...(
    [
      ['return exact === text ? value : JSON.parse(exact);', 'false', SAVES_TIME],
      ['if (!LEAST_DIGITS.test(json)) return json;', 'false', SAVES_TIME],
      ['const LEAST_DIGITS = /\\d{16}/;', '/\\d/', SAVES_TIME],
    ] as const
  ).map(([line, replacement, reason]) => ({ file: 'domain/long-integers.ts', line, replacement, reason })),
  {
    file: 'domain/status.ts',
    line: "const normalize = (word: string): string => word.toLowerCase().replaceAll(/[-_\\s]/g, '');",
    replacement: 'word.toUpperCase()',
    reason: 'The words of the map are normalized by the same function.',
  },
  {
    file: 'domain/timestamp.ts',
    line: "const [, date = '', time = '', seconds = '', fraction = '', zone = 'Z'] = match;",
    replacement: '"Stryker was here!"',
    reason: 'What matches has a date, a time and seconds. (Of the fraction the tests notice it.)',
  },
  {
    file: 'domain/timestamp.ts',
    line: 'return timestampFrom(text === value ? value : text, wholeSeconds, fraction);',
    replacement: 'false',
    reason: 'The same text, of which two are held then.',
  },
  {
    file: 'domain/timestamp.ts',
    line: 'const ZONE = /(?:[Zz]|[+-]\\d\\d:?\\d\\d)\\s*$/;',
    replacement: '/(?:[Zz]|[+-]\\d\\d:?\\d\\d)\\s*/',
    reason: 'Only texts that parseTimestamp reads are given, and those have nothing like a zone but at their end.',
  },
  {
    file: 'domain/timestamp.ts',
    line: "export const hasZone = (text: string): boolean => text.endsWith('Z') || ZONE.test(text);",
    replacement: "text.startsWith('Z')",
    reason: SAVES_TIME,
  },
  ...['false', "date.slice(8) < '28'", '""'].map((replacement) => ({
    file: 'domain/timestamp.ts',
    line: "date.slice(8) <= '28' || new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);",
    replacement,
    reason: SAVES_TIME,
  })),
  {
    file: 'domain/timestamp.ts',
    line: 'if (nextSecond % 86_400_000 !== 0 || nextSecond * 1000 > LAST_MICROS) return null;',
    replacement: 'nextSecond * 1000 >= LAST_MICROS',
    reason: 'A moment that comes so far is a midnight, and LAST_MICROS is none.',
  },
];

const NO_OBJECT = 'An entry that is no object is left out by whoever reads the list.';
const DEFAULT_ROLE = 'Whoever reads the list takes a message without a role for one of the model.';
const SAVES_MEMORY = 'What is held beyond the bound is cut when the message is made.';

const CONVERSATION = (
  [
    ['anthropic.ts', "const kind = nameIn(block, 'type') ?? 'file';", '""', TYPES_ALONE],
    [
      'anthropic.ts',
      "return typeof system === 'string' || isJsonArray(system) ? [{ role: 'system', content: system }] : [];",
      '["Stryker was here"]',
      NO_OBJECT,
    ],
    ['content.ts', 'let wasText = false;', 'true', 'Before the first text there is no separator either way.'],
    ['content.ts', '} else if (text === null || text.length <= MAX_TEXT) {', 'true', SAVES_MEMORY],
    [
      'content.ts',
      "if (!isJsonObject(part)) return { kind: 'text', text: textOf(part) ?? '' };",
      'false',
      'The last line reads it alike. The types ask for this one.',
    ],
    [
      'content.ts',
      "if (!isJsonObject(part)) return { kind: 'text', text: textOf(part) ?? '' };",
      '""',
      'A text is what is no other kind.',
    ],
    [
      'content.ts',
      "if (type.endsWith('_tool_result')) return readers.get('tool_result')?.(part) ?? null;",
      "readers.get('tool_result')(part)",
      TYPES_ALONE,
    ],
    [
      'content.ts',
      "return type === '' ? textPart(textOf(part) ?? '') : { kind: 'reference', text: unknownReference(type, part) };",
      '"Stryker was here!"',
      TYPES_ALONE,
    ],
    [
      'content.ts',
      "export const textPart = (text: string): Part => ({ kind: 'text', text: textOf(text) ?? '' });",
      '""',
      'A text is what is no other kind.',
    ],
    [
      'content.ts',
      "export const textPart = (text: string): Part => ({ kind: 'text', text: textOf(text) ?? '' });",
      '"Stryker was here!"',
      TYPES_ALONE,
    ],
    ['conversation.ts', 'return bare === undefined ? [] : [bare];', 'false', NO_OBJECT],
    ['conversation.ts', 'return bare === undefined ? [] : [bare];', '["Stryker was here"]', NO_OBJECT],
    [
      'openai-chat.ts',
      'const listed = isJsonArray(calls) ? calls.slice(0, MAX_TOOL_CALLS + 1) : [];',
      'calls',
      SAVES_MEMORY,
    ],
    [
      'openai-chat.ts',
      'const listed = isJsonArray(calls) ? calls.slice(0, MAX_TOOL_CALLS + 1) : [];',
      '["Stryker was here"]',
      NO_OBJECT,
    ],
    ['openai-chat.ts', 'if (!isJsonArray(choices)) return [];', '["Stryker was here"]', NO_OBJECT],
    ['openai-chat.ts', 'return isJsonObject(message) ? [message] : [];', '["Stryker was here"]', NO_OBJECT],
    ['openai-responses.ts', "const type = nameIn(item, 'type') ?? '';", '"Stryker was here!"', 'No type of an item.'],
    [
      'openai-responses.ts',
      "return typeof text === 'string' ? [{ role: 'assistant', content: text }] : [];",
      '""',
      DEFAULT_ROLE,
    ],
    [
      'openai-responses.ts',
      "return typeof text === 'string' ? [{ role: 'assistant', content: text }] : [];",
      '["Stryker was here"]',
      NO_OBJECT,
    ],
    [
      'openai-responses.ts',
      "return counts ? [...told, { role: 'user', content: input }] : [];",
      '["Stryker was here"]',
      NO_OBJECT,
    ],
    [
      'text.ts',
      "const [mediaType = ''] = url.slice(5, 5 + MAX_REFERENCE).split(/[;,]/, 1);",
      '"Stryker was here!"',
      TYPES_ALONE,
    ],
    ['text.ts', "text.includes(';base64,')", '""', SAVES_TIME],
    ['streams/chat-stream.ts', "role: role ?? 'assistant',", '""', DEFAULT_ROLE],
    [
      'streams/pieces.ts',
      "return text !== null && text.length > MAX_TEXT ? text : (text ?? '') + piece;",
      'false',
      SAVES_MEMORY,
    ],
    [
      'streams/responses-stream.ts',
      "const type = nameIn(event, 'type') ?? '';",
      '"Stryker was here!"',
      'No type of an event.',
    ],
    [
      'streams/responses-stream.ts',
      "return { role: 'assistant', ...item, content: text ?? '', ...(refusal !== null && { refusal }) };",
      '""',
      DEFAULT_ROLE,
    ],
    [
      'streams/streams.ts',
      'const events = eventsIn(outputs).filter(isJsonObject);',
      'eventsIn(outputs)',
      'What is no object has no fields for the readers. The types ask for it.',
    ],
    [
      'streams/streams.ts',
      'if (!/^\\s*(?:data|event|id):/.test(text.slice(0, 100))) return [];',
      '["Stryker was here"]',
      NO_OBJECT,
    ],
    ['streams/streams.ts', "if (!line.startsWith('data:')) return [];", '["Stryker was here"]', NO_OBJECT],
    ['streams/streams.ts', '} catch {', '{}', NO_OBJECT],
    ['streams/streams.ts', 'return [];', '["Stryker was here"]', NO_OBJECT],
  ] as const
).map(([file, line, replacement, reason]) => ({ file: `domain/conversation/${file}`, line, replacement, reason }));

export const DOMAIN: readonly Equivalent[] = [...RUN, ...STEP, ...FILES, ...CONVERSATION];
