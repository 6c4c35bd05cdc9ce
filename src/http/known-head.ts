/** A head of requests as bytes, in which the length of the body may differ. */
import type { ReadyBody } from './response-cache.ts';

/** A whole answer; its body may be empty. */
export interface ReadyMessage {
  readonly head: string;
  readonly body: ReadyBody;
}

/** Null where the request must be looked at like any other. The bytes may be kept only as a copy. */
export type AnswerTo = (body: Buffer) => ReadyMessage | null;

const LENGTH_HEADER = /\r\ncontent-length: *(\d+)\r\n/i;
/** Of a body that is looked at: it has less than a megabyte. */
const MAX_DIGITS = 5;

export class KnownHead {
  readonly answerTo: AnswerTo;
  readonly #beforeLength: Buffer;
  readonly #afterLength: Buffer;

  /** `bytes` end with the empty line. */
  constructor(bytes: Buffer, answerTo: AnswerTo) {
    this.answerTo = answerTo;
    const own = Buffer.from(bytes);
    const [header = '', digits = ''] = LENGTH_HEADER.exec(own.toString('latin1')) ?? [];
    // Without a body all of it must be the same.
    const start = digits === '' ? own.length : own.indexOf(header) + header.lastIndexOf(digits);
    this.#beforeLength = own.subarray(0, start);
    this.#afterLength = own.subarray(start + digits.length);
  }

  /** The body, if the bytes are one whole request with this head; null else. */
  bodyOf(bytes: Buffer): Buffer | null {
    const before = this.#beforeLength;
    const after = this.#afterLength;
    if (!isAt(bytes, before, 0)) return null;
    let end = before.length;
    let length = 0;
    if (after.length > 0) {
      const most = end + MAX_DIGITS;
      for (let digit = digitAt(bytes, end); digit >= 0 && end < most; digit = digitAt(bytes, end)) {
        length = length * 10 + digit;
        end += 1;
      }
      if (end === before.length || !isAt(bytes, after, end)) return null;
      end += after.length;
    }
    return bytes.length === end + length ? bytes.subarray(end) : null;
  }
}

function isAt(bytes: Buffer, part: Buffer, start: number): boolean {
  const end = start + part.length;
  return end <= bytes.length && bytes.compare(part, 0, part.length, start, end) === 0;
}

const ZERO = 48;

/** The digit's value; below 0 for anything else, and past the end. */
function digitAt(bytes: Buffer, index: number): number {
  const value = (bytes[index] ?? 0) - ZERO;
  return value <= 9 ? value : -1;
}
