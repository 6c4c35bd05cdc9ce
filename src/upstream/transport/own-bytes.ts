/**
 * Bytes in one block of memory of their own, gathered piece by piece. A list of pieces would have to be joined, and V8 lets
 * some hundred megabytes of pieces and joined blocks wait for its garbage collector.
 */
export interface OwnBytes {
  append(piece: Buffer): void;
  /** All that was appended, in a block of just that size. */
  end(): Buffer;
}

/** The block grows where more comes than was expected. What is not used of it takes no memory, if it is large. */
export function createOwnBytes(expectedBytes: number): OwnBytes {
  let block = new ArrayBuffer(expectedBytes);
  let view = Buffer.from(block);
  let length = 0;

  function resize(size: number): void {
    block = block.transfer(size);
    view = Buffer.from(block);
  }

  return {
    append(piece) {
      if (length + piece.length > block.byteLength) resize(Math.max(2 * block.byteLength, length + piece.length));
      piece.copy(view, length);
      length += piece.length;
    },
    end() {
      if (length < block.byteLength) resize(length);
      return view;
    },
  };
}

/** A copy that keeps nothing but itself: a Buffer may be a slice of a larger block. */
export function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
