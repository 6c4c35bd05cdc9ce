/** Compression: which encoding an answer gets, and its bytes in it. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync, type BrotliOptions } from 'node:zlib';
import { bulkhead } from 'cockatiel';
import { bytesOf, lengthOf, type Body } from '../body-parts.ts';
import { type Compressed, type CompressedForms } from './compressed-forms.ts';
import { createEncodingNegotiation, type Encoding, type NegotiateEncoding } from './content-encoding.ts';

export interface Compression {
  readonly encodingsOf: NegotiateEncoding;
  /** Null: as it is. */
  encodingOf(request: IncomingMessage, body: Body): Encoding | null;
  compress(body: Body, encoding: Encoding, forms?: CompressedForms): Compressed;
}

/** A shorter answer fits a packet, or nearly: compressing it gains the client nothing. */
const MIN_COMPRESSED_LENGTH = 1024;
/** Measured on Node 24: up to here compressing takes no more of the event loop than handing it to another thread, 60 µs. */
const MAX_SYNC_LENGTH = 8192;
/** Half of libuv's threads: the others stay free for DNS and files. */
const THREADS = 2;
/** Of answers that are in a thread or wait for one, also of clients that have left since. The last one may exceed it. */
const MAX_COMPRESSING_BYTES = 24 * 2 ** 20;

/** Measured on JSON answers: level 6 takes twice the time of 4 and saves 6 % more. */
const LEVEL = { level: 4 };
/** Measured on JSON answers from 32 KiB on: 5 % smaller than gzip's level 4 in the same time. */
const brotliOptions = (length: number): BrotliOptions => ({
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 4,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_LGWIN]: 18,
    [constants.BROTLI_PARAM_SIZE_HINT]: length,
  },
});

const gzipAside = promisify(gzip);
const brotliAside = promisify(brotliCompress);

const METHODS = {
  gzip: { sync: (bytes: Buffer) => gzipSync(bytes, LEVEL), aside: (bytes: Buffer) => gzipAside(bytes, LEVEL) },
  br: {
    sync: (bytes: Buffer) => brotliCompressSync(bytes, brotliOptions(bytes.length)),
    aside: (bytes: Buffer) => brotliAside(bytes, brotliOptions(bytes.length)),
  },
};

export function createCompression(maxBytes = MAX_COMPRESSING_BYTES): Compression {
  const encodingsOf = createEncodingNegotiation();
  const threads = bulkhead(THREADS, Infinity);
  let compressingBytes = 0;

  function make(body: Body, method: keyof typeof METHODS): Compressed {
    const bytes = bytesOf(body);
    const { sync, aside } = METHODS[method];
    if (bytes.length <= MAX_SYNC_LENGTH) return sync(bytes);
    return compressingBytes < maxBytes ? inThread(bytes, aside) : Promise.resolve(null);
  }

  async function inThread(bytes: Buffer, aside: (bytes: Buffer) => Promise<Buffer>): Promise<Buffer | null> {
    compressingBytes += bytes.length;
    try {
      return await threads.execute(() => aside(bytes));
    } catch {
      return null;
    } finally {
      compressingBytes -= bytes.length;
    }
  }

  return {
    encodingsOf,
    encodingOf(request, body) {
      const { gzip: takesGzip, br, identity } = encodingsOf(request);
      if (!(takesGzip || br)) return null;
      // In bytes, whether it comes as a text or from a cache: the encoding must not depend on that.
      const length = lengthOf(body);
      if (identity && length < MIN_COMPRESSED_LENGTH) return null;
      return br && (length > MAX_SYNC_LENGTH || !takesGzip) ? 'br' : 'gzip';
    },
    compress: (body, encoding, forms) =>
      forms?.find(encoding) ?? forms?.add(encoding, make(body, encoding)) ?? make(body, encoding),
  };
}
