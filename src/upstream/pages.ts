/** Bytes in pages, each large enough that its memory goes back to the system when it is evicted (MALLOC_MMAP_THRESHOLD_ in the Dockerfile). */
import { createOwnBytes } from './own-bytes.ts';

export type Pages = readonly Buffer[];

const PAGE_BYTES = 65_536;

/** Copies what comes: a chunk may be a slice of a larger buffer, which it would keep alive. */
export function createPages() {
  const pages: Buffer[] = [];
  /** Of the last page. */
  let used = PAGE_BYTES;

  function append(chunk: Buffer): void {
    for (let start = 0; start < chunk.length;) {
      if (used === PAGE_BYTES) {
        pages.push(Buffer.allocUnsafeSlow(PAGE_BYTES));
        used = 0;
      }
      const last = pages.at(-1);
      const copied = last ? chunk.copy(last, used, start) : 0;
      used += copied;
      start += copied;
    }
  }

  return {
    append,
    /** All of them; the last one is as long as what is in it. */
    end(): Pages {
      const last = pages.pop();
      if (!last) return pages;
      const exact = Buffer.allocUnsafeSlow(used);
      last.copy(exact);
      return [...pages, exact];
    },
  };
}

export function pagesOf(bytes: Buffer): Pages {
  const pages = createPages();
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
