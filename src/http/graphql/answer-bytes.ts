/** Answers and events as JSON. A large one is written in pieces, and others are answered in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isJsonObject } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/types.ts';
import { sizeOf } from '../../graphql/operations/answer-size.ts';
import type { Answer } from '../../graphql/operations/operation.ts';
import { WrittenJson, type AnsweredJson } from '../../graphql/written-json.ts';
import { createOwnBytes } from '../../upstream/transport/own-bytes.ts';

/** Shorter ones are written at once: measured on Node 24, a megabyte takes 3 to 7 ms. */
const MIN_LARGE_BYTES = 2 ** 20;
/** V8 collects such pieces soon. A longer text goes to its old generation, which may grow to twice of what lives in it. */
const PIECE_LENGTH = 32_768;

/** Null for a large one whose client has left: the rest of it is not written. */
export async function bytesOf({ result, sizeBytes }: Answer, isGone: () => boolean): Promise<Buffer | null> {
  if (sizeBytes < MIN_LARGE_BYTES) return Buffer.from(JSON.stringify(result));
  const json = await jsonInPieces(result, '', '', sizeBytes, isGone);
  return isGone() ? null : json;
}

/** Where its size is not known. */
export const isLarge = (result: Answer['result']): boolean => sizeOf(result, MIN_LARGE_BYTES) >= MIN_LARGE_BYTES;

/** With what stands before and after it. */
export async function jsonInPieces(
  result: Answer['result'],
  before: string,
  after: string,
  sizeBytes = MIN_LARGE_BYTES,
  isGone = () => false,
): Promise<Buffer> {
  const json = createOwnBytes(sizeBytes);
  let turnEnd = MIN_LARGE_BYTES;
  json.append(before);
  for (const piece of piecesOf(result as JsonValue)) {
    json.append(piece);
    if (json.bytes.length < turnEnd) continue;
    await nextTurn();
    if (isGone()) break;
    turnEnd = json.bytes.length + MIN_LARGE_BYTES;
  }
  json.append(after);
  return json.bytes;
}

/** Together they are `JSON.stringify(value)`, but for what is answered as it was written. */
export function* piecesOf(value: AnsweredJson): Generator<string | Buffer> {
  if (value instanceof WrittenJson) yield Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.length);
  else if (isShort(value)) yield JSON.stringify(value);
  else if (typeof value === 'string') yield* piecesOfText(value);
  else if (isJsonObject(value)) {
    let before = '{';
    for (const [key, child] of Object.entries(value)) {
      yield `${before}${JSON.stringify(key)}:`;
      yield* piecesOf(child);
      before = ',';
    }
    yield '}';
  } else {
    yield '[';
    yield* piecesOfItems(value as readonly JsonValue[]);
    yield ']';
  }
}

/** Of a list with items. Neighbours are written together as far as they are short. */
function* piecesOfItems(items: readonly JsonValue[]): Generator<string | Buffer> {
  const [first = null] = items;
  if (isShort(items)) yield JSON.stringify(items).slice(1, -1);
  else if (items.length === 1) yield* piecesOf(first);
  else {
    const middle = Math.floor(items.length / 2);
    yield* piecesOfItems(items.slice(0, middle));
    yield ',';
    yield* piecesOfItems(items.slice(middle));
  }
}

const isShort = (value: JsonValue): boolean => sizeOf(value, PIECE_LENGTH) <= PIECE_LENGTH;

function* piecesOfText(text: string): Generator<string> {
  yield '"';
  let start = 0;
  while (start < text.length) {
    // Never between the two halves of a surrogate pair: each would be escaped.
    const isPair = (text.codePointAt(start + PIECE_LENGTH - 1) ?? 0) > 0xffff;
    const end = start + PIECE_LENGTH - (isPair ? 1 : 0);
    yield JSON.stringify(text.slice(start, end)).slice(1, -1);
    start = end;
  }
  yield '"';
}
