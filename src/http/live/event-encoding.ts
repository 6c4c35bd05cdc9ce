/**
 * Compression of server-sent events: one gzip stream (RFC 1952) of blocks that do not refer to each other. Nothing of a
 * compressor is kept between events: zlib takes 76 KB or more a stream, and an event that several clients get is compressed once.
 */
import { crc32 } from 'node:zlib';

export interface EventEncoding {
  /** The first bytes of the stream. */
  readonly head: Buffer;
  /**
   * The bytes of a text, given its compressed block; without one it is sent as it is. Call it when the text is written: the
   * check at the end depends on the order.
   */
  encode(text: Buffer, block?: Buffer | null): Buffer;
  /** The last bytes of the stream, with the length and the check of all texts. */
  end(): Buffer;
}

/** Magic, deflate, no flags, no time, unknown system. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty block that says it is the last. */
const LAST_BLOCK = Buffer.from([3, 0]);
const MAX_STORED_LENGTH = 0xffff;

export function createEventEncoding(): EventEncoding {
  let check = 0;
  let length = 0;

  return {
    head: HEAD,
    encode(text, block) {
      check = crc32(text, check);
      length = (length + text.length) >>> 0;
      return block ?? storedBlocks(text);
    },
    end() {
      const tail = Buffer.alloc(8);
      tail.writeUInt32LE(check, 0);
      tail.writeUInt32LE(length, 4);
      return Buffer.concat([LAST_BLOCK, tail]);
    },
  };
}

/** For short texts: no processor time, and five bytes more. */
function storedBlocks(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MAX_STORED_LENGTH) {
    const part = bytes.subarray(at, at + MAX_STORED_LENGTH);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(part.length, 1);
    head.writeUInt16LE(~part.length & 0xffff, 3);
    parts.push(head, part);
  }
  return Buffer.concat(parts);
}
