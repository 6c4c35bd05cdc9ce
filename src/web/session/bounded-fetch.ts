/** `fetch` with a size limit: `maxBytes` of the uncompressed response. */

declare global {
  interface RequestInit {
    readonly maxBytes?: number;
  }
}

export class TooLargeAnswer extends Error {
  override readonly name = 'TooLargeAnswer';
}

export async function boundedFetch(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  const { maxBytes } = init;
  if (maxBytes === undefined || !response.body) return response;
  const reader = response.body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.length;
    if (bytes > maxBytes) {
      void reader.cancel();
      throw new TooLargeAnswer(`The answer has more than ${maxBytes} bytes`);
    }
    chunks.push(part.value);
  }
  return new Response(new Blob(chunks), response);
}
