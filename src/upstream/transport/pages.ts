/**
 * Bytes in one block of memory, or in pages where their number is not known before. Each page is large enough that its memory goes
 * back to the system when it is evicted (MALLOC_MMAP_THRESHOLD_ in the Dockerfile).
 */
import { createOwnBytes } from './own-bytes.ts';

export type Pages = readonly Buffer[];

const PAGE_BYTES = 65_536;

/**
 * Copies what comes: a chunk may be a slice of a larger buffer, which it would keep alive. `expectedBytes` is called when the first
 * chunk comes: undefined where their number is not known.
 */
export function createPages(expectedBytes: () => number | undefined) {
  const pages: Buffer[] = [];
  /** Of the last page. */
  let used = 0;

  function pageWithRoom(): Buffer {
    const last = pages.at(-1);
    if (last && used < last.length) return last;
    // Memory that is not written to is not taken from the system: it costs nothing to expect too much.
    const page = Buffer.allocUnsafeSlow((last ? undefined : expectedBytes()) ?? PAGE_BYTES);
    pages.push(page);
    used = 0;
    return page;
  }

  return {
    append(chunk: Buffer): void {
      for (let start = 0; start < chunk.length;) {
        const copied = chunk.copy(pageWithRoom(), used, start);
        used += copied;
        start += copied;
      }
    },
    /** All of them; the last one is as long as what is in it. */
    end(): Pages {
      const last = pages.at(-1);
      if (!last || used === last.length) return pages;
      const exact = Buffer.allocUnsafeSlow(used);
      last.copy(exact);
      return [...pages.slice(0, -1), exact];
    },
  };
}

export function pagesOf(bytes: Buffer): Pages {
  const pages = createPages(() => bytes.length);
  pages.append(bytes);
  return pages.end();
}

export const bytesIn = (pages: Pages): number => pages.reduce((sum, page) => sum + page.length, 0);

export function textOf(pages: Pages): string {
  const [first] = pages;
  if (first && pages.length === 1) return first.toString();
  const whole = createOwnBytes(bytesIn(pages));
  for (const page of pages) whole.append(page);
  const text = whole.bytes.toString();
  whole.free();
  return text;
}
