/**
 * Bytes in one block of memory of their own, gathered piece by piece. A list of pieces would have to be joined, and V8 lets
 * some hundred megabytes of pieces and joined blocks wait for its garbage collector.
 */
export interface OwnBytes {
  append(piece: Buffer | string): void;
  /** What was appended so far: a view of the block, until `free`. */
  readonly bytes: Buffer;
  /** Gives the memory back at once. What was read of it as a Buffer is empty from then on. */
  free(): void;
}

const LEAST_BYTES = 4096;

/** The block grows where more comes than was expected. What is not used of it takes no memory, if it is large. */
export function createOwnBytes(expectedBytes: number): OwnBytes {
  let block = new ArrayBuffer(Math.max(expectedBytes, LEAST_BYTES));
  let view = Buffer.from(block);
  let length = 0;

  function makeRoom(size: number): void {
    if (length + size <= block.byteLength) return;
    block = block.transfer(Math.max(2 * block.byteLength, length + size));
    view = Buffer.from(block);
  }

  return {
    append(piece) {
      const size = Buffer.byteLength(piece);
      makeRoom(size);
      if (typeof piece === 'string') view.write(piece, length);
      else piece.copy(view, length);
      length += size;
    },
    get bytes() {
      return view.subarray(0, length);
    },
    free() {
      block.transfer(0);
    },
  };
}
