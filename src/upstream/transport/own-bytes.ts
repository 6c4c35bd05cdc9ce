/**
 * Bytes in one block of memory of their own, gathered piece by piece. A list of pieces would have to be joined, and V8 lets
 * some hundred megabytes of pieces and joined blocks wait for its garbage collector.
 */
export interface OwnBytes {
  append(piece: Buffer): void;
  /** All that was appended, in a block of just that size. */
  end(): Buffer;
}

/** The block begins with `firstBytes` and grows as more comes, at first not beyond what is expected: an unused rest may take memory, too. */
export function createOwnBytes(firstBytes: number, expectedBytes = Infinity): OwnBytes {
  let block = new ArrayBuffer(firstBytes);
  let view = Buffer.from(block);
  let length = 0;

  function resize(size: number): void {
    block = block.transfer(size);
    view = Buffer.from(block);
  }

  return {
    append(piece) {
      const needed = length + piece.length;
      if (needed > block.byteLength) resize(Math.max(needed, Math.min(2 * block.byteLength, expectedBytes)));
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
