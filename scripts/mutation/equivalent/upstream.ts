import { inFile, type Equivalent } from './equivalent.ts';

const TYPES_ALONE = 'There is always one. The types can not tell that.';
const REPLACED = 'It is replaced before it is read.';
const SAVES_TIME = 'It saves time alone.';
const FAST_PATH = 'A fast path: the checks below it say the same of such an id.';

export const UPSTREAM: readonly Equivalent[] = [
  ...['false', 'true'].map((replacement) => ({
    file: 'upstream/client.ts',
    line: 'if (resilience.hasQueue()) await nextTurn();',
    replacement,
    reason: 'It decides which comes first, a queued call or the reading of this answer. Both come.',
  })),
  {
    file: 'upstream/client.ts',
    line: "const target: Target = { endpoint: 'workflows', compartment: 'workflows', path: 'workflows' };",
    replacement: '""',
    reason: 'Of the compartment: any name that no other one has.',
  },
  { file: 'upstream/id-problem.ts', line: 'if (PLAIN.test(id)) return null;', replacement: 'false', reason: FAST_PATH },
  {
    file: 'upstream/id-problem.ts',
    line: 'const PLAIN = /^[\\w~-]{1,128}$/;',
    replacement: '/^[\\w~-]$/',
    reason: FAST_PATH,
  },
  {
    file: 'upstream/transport/json-http.ts',
    line: 'const isRedirect = status >= 300 && status < 400 && status !== 304;',
    replacement: 'status <= 400',
    reason: '400 has an error of its own.',
  },
  {
    file: 'upstream/contract.ts',
    line: "export function readSteps(json: JsonAnswer, runId = '', report = ignore): Reading<readonly StepFacts[]> {",
    replacement: '"Stryker was here!"',
    reason: 'Only tests leave the id of the run out.',
  },
  {
    file: 'upstream/contract.ts',
    line: "if (records.length === 1 && first?.id === '') return { ...first, id: runId };",
    replacement: 'first.id',
    reason: 'A list of one record has a first. The types can not tell that.',
  },
  {
    file: 'upstream/transport/in-pieces.ts',
    line: 'if (performance.now() - startedAt < PIECE_MS) continue;',
    replacement: 'performance.now() - startedAt <= PIECE_MS',
    reason: 'Others are let in less often, by less than what a clock can tell.',
  },
  {
    file: 'upstream/transport/json-answer.ts',
    line: 'if (!(error instanceof NotJsonError)) throw error;',
    replacement: 'false',
    reason: 'Anything else would be a defect of the outline, and none is known.',
  },
  {
    file: 'upstream/transport/json-answer.ts',
    line: 'return new JsonItem(bytes, { start: 0, end: end - start, members: moved }, this.#hasInvalidUtf8);',
    replacement: 'end + start',
    reason: 'There are no bytes behind the end of the copy.',
  },
  {
    file: 'upstream/transport/json-answer.ts',
    line: 'if (recent.length === 0) setImmediate(forget);',
    replacement: 'true',
    reason: 'To forget nothing takes a little time, and changes nothing.',
  },
  {
    file: 'upstream/transport/json-answer.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Undefined is false, too.',
  },
  {
    file: 'upstream/transport/own-bytes.ts',
    line: 'let block = new ArrayBuffer(Math.max(expectedBytes, LEAST_BYTES));',
    replacement: 'Math.min(expectedBytes, LEAST_BYTES)',
    reason: 'The block grows as it must. Its first size saves time alone.',
  },
  {
    file: 'upstream/transport/own-bytes.ts',
    line: 'if (length + size > block.byteLength) resize(Math.max(2 * block.byteLength, length + size));',
    replacement: 'length + size >= block.byteLength',
    reason: 'The block grows before it must.',
  },
  {
    file: 'upstream/transport/own-bytes.ts',
    line: 'if (length + size > block.byteLength) resize(Math.max(2 * block.byteLength, length + size));',
    replacement: '2 / block.byteLength',
    reason: 'The block grows as far as it must, and so more often.',
  },
  {
    file: 'upstream/wire/graph.ts',
    line: 'const [from, to] = Array.isArray(edge) ? (edge as readonly unknown[]) : [];',
    replacement: '["Stryker was here"]',
    reason: 'An edge without an end is none either.',
  },
  ...inFile('upstream/wire/answers.ts', [
    ['const value = item?.read(fields);', 'item.read', TYPES_ALONE],
    ['const read = json.isList ? [] : item?.read(fields);', 'item.read', TYPES_ALONE],
    ['const read = json.isList ? [] : item?.read(fields);', '["Stryker was here"]', 'A list, like the other one.'],
  ]),
  ...inFile('upstream/transport/own-bytes.ts', [
    ['if (length < block.byteLength) resize(length);', 'true', SAVES_TIME],
    ['if (length < block.byteLength) resize(length);', 'length <= block.byteLength', SAVES_TIME],
  ]),
  ...inFile('upstream/transport/json-outline.ts', [
    ['#item = { start: 0, members: [] as Member[] };', '{}', REPLACED],
    [
      'for (const pieceEnd = this.#at + pieceBytes; this.#at < pieceEnd;) {',
      'this.#at <= pieceEnd',
      'A piece of one more byte.',
    ],
    ['if (depth + 1 > this.#deepest) this.#deepest = depth + 1;', 'depth + 1 >= this.#deepest', 'Set to what it is.'],
  ]),
];
