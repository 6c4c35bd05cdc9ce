/** Runs as upstreams may send them: regular ones, and ones with wrong clocks, words and numbers. */
import fc from 'fast-check';
import type { RawGraph, RawRecord, RawRun, RawStep } from './raw.ts';

const EPOCH_MS = Date.UTC(2025, 2, 13, 2, 41);
const NODES = ['a', 'b', 'c', 'd', 'e', '__proto__'];

/** A timestamp, given in microseconds after the epoch, in one of the formats of upstreams. */
function textOf(micros: number, form: number): string {
  const [date = '', clock = ''] = new Date(EPOCH_MS + Math.floor(micros / 1000)).toISOString().slice(0, -1).split('T');
  const digits = String(((micros % 1000) + 1000) % 1000).padStart(3, '0');
  switch (form) {
    case 0:
      return `${date}T${clock}${digits}Z`;
    case 1:
      return `${date} ${clock}${digits}+00:00`;
    case 2:
      return `${date}T${clock.slice(0, 8)}`;
    default:
      return `${date}T${clock.slice(0, 8)}Z`;
  }
}

/** Mostly quarters of the first ten seconds, so that many tie. */
const nearby = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 40 }).map((quarters) => quarters * 250_000) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 10_000_000 }) },
);
const HOUR = 3_600_000_000;
const far = fc.oneof(
  fc.integer({ min: -26, max: 26 }).map((hours) => hours * HOUR),
  fc.constantFrom(24 * HOUR, -24 * HOUR, 24 * HOUR + 1, 6 * 365 * 24 * HOUR, -50 * 365 * 24 * HOUR),
);
const form = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 3 }));
const tidyTime = fc.tuple(nearby, form).map(([micros, f]) => textOf(micros, f));
const uglyTime = fc.oneof(
  { weight: 8, arbitrary: tidyTime },
  { weight: 2, arbitrary: fc.tuple(far, form).map(([micros, f]) => textOf(micros, f)) },
  fc.constantFrom(
    ...[
      '2025-02-30T00:00:00Z',
      '2025-03-13T24:00:00Z',
      '2025-03-12T23:59:60Z',
      '2025-03-13T02:41:60Z',
      'yesterday',
      '',
    ],
    ...['2025-03-13T02:41:05.000000Z', '2025-03-13T04:41:03.5+02:00', '2024-02-29T12:00:00Z', '2025-13-01T00:00:00Z'],
    '1969-12-31T23:59:59.000001Z',
  ),
);

const WORDS = [
  'completed',
  'Success',
  'failed',
  'timeout',
  'running',
  'in-progress',
  'suspended',
  'queued',
  'cancelled',
  'skipped',
];
const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...WORDS) },
  fc.constantFrom('archived', '', 'constructor'),
);

const seconds: fc.Arbitrary<number | null> = fc.oneof(
  { weight: 8, arbitrary: fc.option<number>(fc.integer({ min: 0, max: 8 }), { freq: 2 }) },
  fc.constantFrom<(number | null)[]>(-1, 0.5, 100_000, 2 ** 31, 3e9, 1e308, -1e308),
);

const count = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 50 }) },
  fc.constantFrom<unknown>(-1, 1.5, 2 ** 31, 4e9, '7', null),
);
const usage = fc.dictionary(
  fc.constantFrom(
    ...['prompt_tokens', 'input_tokens', 'completion_tokens', 'output_tokens', 'total_tokens'],
    ...['cache_read_input_tokens', 'cache_creation_input_tokens'],
    ...['prompt_tokens_details', 'input_tokens_details'],
    ...['completion_tokens_details', 'output_tokens_details'],
  ),
  fc.oneof(
    count,
    fc.record({ cached_tokens: count, reasoning_tokens: count, thinking_tokens: count }, { requiredKeys: [] }),
  ),
);
const outputs = fc.oneof(
  fc.constantFrom<unknown>(null, 'text', [], {}),
  fc.record({ model: fc.constantFrom('gpt', 'auto', '', null), usage }, { requiredKeys: [] }),
);

/** Few values, so that many are equal. */
const inputs = fc.constantFrom<unknown>(
  null,
  null,
  null,
  {},
  [],
  '',
  0,
  { item: 1 },
  { item: 2 },
  { item: 2, n: 1 },
  {
    n: 1,
    item: 2,
  },
);

const items = {
  item: fc.option(fc.constantFrom('x', 'y'), { freq: 2 }),
  attempt: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 2 }),
};
const waitsAmong = (time: fc.Arbitrary<string>): fc.Arbitrary<RawStep['waits']> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    fc.array(fc.tuple(time, fc.option(time, { freq: 4 })), { maxLength: 3 }),
  );

const error = fc.constantFrom(
  null,
  'boom',
  '',
  '  ',
  '{}',
  ' { } ',
  '[]',
  'null',
  '""',
  '"  "',
  '{"message":"no"}',
  '[1]',
);

const uglyStep: fc.Arbitrary<RawStep> = fc.record({
  node: fc.constantFrom(...NODES),
  word,
  start: fc.option(uglyTime, { freq: 7 }),
  end: fc.option(uglyTime, { freq: 3 }),
  elapsed: seconds,
  error,
  ...items,
  waits: waitsAmong(uglyTime),
  tokens: fc.constantFrom(null, 0, 0, 0, 12, -3, 2 ** 31),
  inputs,
  outputs,
});

/** Consecutive steps, with pauses or overlaps; the last one may be running. */
const tidySteps: fc.Arbitrary<RawStep[]> = fc
  .array(
    fc.record({
      node: fc.constantFrom(...NODES),
      pause: fc.integer({ min: -4, max: 4 }),
      quarters: fc.integer({ min: 0, max: 8 }),
      isFailed: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      ...items,
      waits: waitsAmong(tidyTime),
      inputs,
      outputs,
    }),
    { maxLength: 12 },
  )
  .map((drafts) => {
    let at = 0;
    return drafts.map(({ node, pause, quarters, isFailed, ...rest }, i) => {
      const start = Math.max(0, at + pause * 250_000);
      at = start + quarters * 250_000;
      const isRunning = i === drafts.length - 1 && quarters % 4 === 0;
      const state = {
        word: isRunning ? (rest.item === null ? 'running' : 'suspended') : isFailed ? 'failed' : 'completed',
        error: isFailed ? 'boom' : null,
      };
      const end = isRunning ? null : textOf(at, 0);
      const elapsed = isRunning ? 0 : Math.floor(quarters / 4);
      return { node, ...state, start: textOf(start, 0), end, elapsed, tokens: 0, ...rest };
    });
  });

const completed = (fields: Partial<RawStep>): RawStep => ({
  ...{ node: 'a', word: 'completed', start: null, end: null, elapsed: 0, error: null },
  ...{ item: null, attempt: null, waits: [], tokens: 0, inputs: null, outputs: null },
  ...fields,
});

/** All within two seconds, half of them only in whole seconds: many may have preceded each other. */
const crowdedSteps: fc.Arbitrary<RawStep[]> = fc.array(
  fc
    .record({
      node: fc.constantFrom(...NODES),
      start: fc.integer({ min: 0, max: 8 }),
      quarters: fc.integer({ min: 0, max: 4 }),
      forms: fc.tuple(form, fc.integer({ min: 0, max: 3 })),
      waits: waitsAmong(tidyTime),
    })
    .map(({ node, start, quarters, forms: [ofStart, ofEnd], waits }) => {
      const end = textOf((start + quarters) * 250_000, ofEnd);
      return completed({ node, waits, start: textOf(start * 250_000, ofStart), end });
    }),
  { maxLength: 10 },
);

/** One node executes a few items at once, most of them again after failures. */
const fanOut: fc.Arbitrary<RawStep[]> = fc.array(
  fc
    .record({
      word: fc.constantFrom('failed', 'failed', 'completed', 'running'),
      start: fc.integer({ min: 0, max: 12 }),
      quarters: fc.integer({ min: 1, max: 4 }),
      ...items,
      inputs,
    })
    .map(({ start, quarters, ...rest }) => {
      const end = textOf((start + quarters) * 250_000, 0);
      return completed({ ...rest, start: textOf(start * 250_000, 0), end });
    }),
  { maxLength: 10 },
);

const record: fc.Arbitrary<RawRecord> = fc.record({
  word,
  start: fc.option(uglyTime, { freq: 4 }),
  end: fc.option(uglyTime, { freq: 2 }),
  error,
});

/** Cycles, self-loops, unknown ends and entries, duplicate nodes. */
const graph: fc.Arbitrary<RawGraph> = fc.record({
  nodes: fc.array(fc.constantFrom(...NODES), { maxLength: 8 }),
  edges: fc.array(fc.tuple(fc.constantFrom(...NODES, 'ghost'), fc.constantFrom(...NODES, 'ghost')), { maxLength: 9 }),
  entry: fc.constantFrom(null, 'a', 'b', 'ghost'),
});

/** All calls, no records, or only steps; with and without a graph. */
export const arbitraryRun: fc.Arbitrary<RawRun> = fc.record({
  steps: fc.oneof(tidySteps, crowdedSteps, fanOut, fc.array(uglyStep, { maxLength: 10 })),
  record: fc.option(record, { freq: 2 }),
  graph: fc.option(graph, { freq: 2 }),
  nowMs: fc.integer({ min: 0, max: 12_000 }).map((ms) => EPOCH_MS + ms),
});
