/**
 * Bytes in one block of memory of their own, gathered piece by piece. A list of pieces would have to be joined, and V8 lets
 * some hundred megabytes of pieces and joined blocks wait for its garbage collector.
 */
export interface OwnBytes {
  append(piece: Buffer | string): void;
  /** What was appended so far: a view of the block, until `end` or `free`. */
  readonly bytes: Buffer;
  /** All that was appended, in a block of just that size. */
  end(): Buffer;
  /** Gives the memory back at once. What was read of it as a Buffer is empty from then on. */
  free(): void;
}

const LEAST_BYTES = 4096;

/** The block grows where more comes than was expected. What is not used of it takes no memory, if it is large. */
export function createOwnBytes(expectedBytes: number): OwnBytes {
  let block = new ArrayBuffer(Math.max(expectedBytes, LEAST_BYTES));
  let view = Buffer.from(block);
  let length = 0;

  function resize(size: number): void {
    block = block.transfer(size);
    view = Buffer.from(block);
  }

  return {
    append(piece) {
      const size = Buffer.byteLength(piece);
      if (length + size > block.byteLength) resize(Math.max(2 * block.byteLength, length + size));
      if (typeof piece === 'string') view.write(piece, length);
      else piece.copy(view, length);
      length += size;
    },
    get bytes() {
      return view.subarray(0, length);
    },
    end() {
      if (length < block.byteLength) resize(length);
      return view;
    },
    free() {
      block.transfer(0);
    },
  };
}

/** A copy that keeps nothing but itself: a Buffer may be a slice of a larger block. */
export function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
