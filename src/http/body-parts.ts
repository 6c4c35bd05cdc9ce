/**
 * The body of an answer. A large one is a list of parts: what the upstream wrote stands in its own answer, which is cached, and is not copied
 * for each client.
 */
export type Body = string | Buffer | readonly Buffer[];

export const lengthOf = (body: Body): number =>
  Array.isArray(body) ? sumOf(body as readonly Buffer[]) : Buffer.byteLength(body as string | Buffer);

const sumOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);

export function bytesOf(body: Body): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.isBuffer(body) ? body : Buffer.concat(body);
}
