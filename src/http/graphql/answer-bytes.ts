/** Answers as JSON. A large one is written in pieces, and others are answered in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isJsonObject } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/types.ts';
import { sizeOf } from '../../graphql/operations/answer-size.ts';
import type { Answer } from '../../graphql/operations/operation.ts';
import { WrittenJson, type AnsweredJson } from '../../graphql/written-json.ts';
import { createOwnBytes, ownCopy } from '../../upstream/transport/own-bytes.ts';
import { lengthOf } from '../body-parts.ts';

/** Shorter ones are written at once: measured on Node 24, a megabyte takes 3 to 7 ms. */
const MIN_LARGE_BYTES = 2 ** 20;
/** V8 collects such pieces soon. A longer text goes to its old generation, which may grow to twice of what lives in it. */
const PIECE_LENGTH = 32_768;

/** Null for a large one whose client has left: the rest of it is not written. */
export async function bodyOf({ result, sizeBytes }: Answer, isGone: () => boolean): Promise<Buffer | Buffer[] | null> {
  if (sizeBytes < MIN_LARGE_BYTES) return Buffer.from(JSON.stringify(result));
  const parts: Buffer[] = [];
  let text = createOwnBytes(0);
  const isWhole = await write(result, isGone, (piece) => {
    if (typeof piece !== 'string' && piece.length >= PIECE_LENGTH) {
      parts.push(text.end(), piece);
      text = createOwnBytes(0);
    } else text.append(piece);
  });
  return isWhole ? ownParts([...parts, text.end()]) : null;
}

/** A part keeps the whole block that it lies in. Those that are the lesser part of theirs are copied. */
function ownParts(parts: readonly Buffer[]): Buffer[] {
  const blocks = Map.groupBy(parts, ({ buffer }) => buffer);
  return parts.map((part) =>
    2 * lengthOf(blocks.get(part.buffer) ?? []) < part.buffer.byteLength ? ownCopy(part) : part,
  );
}

/** In several turns of the event loop. False: nobody waits for it any more, and it was not written to its end. */
async function write(
  result: Answer['result'],
  isGone: () => boolean,
  append: (piece: string | Buffer) => void,
): Promise<boolean> {
  let left = MIN_LARGE_BYTES;
  for (const piece of piecesOf(result as JsonValue)) {
    append(piece);
    left -= piece.length;
    if (left > 0) continue;
    await nextTurn();
    if (isGone()) return false;
    left = MIN_LARGE_BYTES;
  }
  return true;
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
