/**
 * Collects bytes in one block of memory. V8 would leave hundreds of megabytes of joined pieces to its garbage
 * collector.
 */
export interface OwnBytes {
  append(piece: Buffer): void;
  /** Returns all appended bytes in a block of exactly that size. */
  end(): Buffer;
}

/** Grows as needed from `firstBytes`, or to `expectedBytes` at once if known. */
export function createOwnBytes(firstBytes: number, expectedBytes = 0): OwnBytes {
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
      if (needed > block.byteLength) resize(Math.max(needed, expectedBytes || 2 * block.byteLength));
      piece.copy(view, length);
      length += piece.length;
    },
    end() {
      if (length < block.byteLength) resize(length);
      return view;
    },
  };
}

/** Returns a copy with its own memory, because a Buffer may be a slice of a larger block. */
export function ownCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
