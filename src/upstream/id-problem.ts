/** Which texts are ids: what can be one segment of a path. */
export const MAX_ID_BYTES = 512;

// Mostly ids are short and plain: no more needs to be checked of them.
const PLAIN = /^[\w~-]{1,128}$/;
const CONTROL = /\p{Cc}/u;
// URL parsers take these for "here" and "above", percent-encoded too; a proxy that decodes slashes does so between them.
const RELATIVE = /(?:^|[/\\])(\.\.?)(?:[/\\]|$)/;

/** What is wrong with an id that a client sends, or the upstream. Null: nothing. */
export function problemOf(id: string): string | null {
  if (PLAIN.test(id)) return null;
  if (id === '') return 'an empty text';
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES) return `${bytes} bytes`;
  if (CONTROL.test(id)) return 'a control character';
  const segment = RELATIVE.exec(id)?.[1];
  if (segment !== undefined) return `the segment "${segment}"`;
  return id.isWellFormed() ? null : 'half of a surrogate pair';
}
