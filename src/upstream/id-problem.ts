/** Checks ids. An id must fit into one segment of a path. */
export const MAX_ID_BYTES = 512;

// Most ids are short and plain, and need no further check.
const PLAIN = /^[\w~-]{1,128}$/;
const CONTROL = /\p{Cc}/u;
// URL parsers resolve "." and "..", even if percent-encoded. A proxy that decodes slashes also finds them between
// slashes.
const RELATIVE = /(?:^|[/\\])(\.\.?)(?:[/\\]|$)/;

/** Returns the problem of an id from a client or the upstream. Null if the id is valid. */
export function problemOf(id: string): string | null {
  if (PLAIN.test(id)) return null;
  if (id === '') return 'an empty text';
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES) return `${bytes} bytes`;
  if (CONTROL.test(id)) return 'a control character';
  const segment = RELATIVE.exec(id)?.[1];
  if (segment !== undefined) return `the segment "${segment}"`;
  return id.isWellFormed() ? null : 'an incomplete surrogate pair';
}
