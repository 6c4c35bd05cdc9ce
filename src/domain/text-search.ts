/** Finds a text in another one, in upper or lower case. */

/** Characters of the text that are compared: of a longer one the beginning. */
export const MAX_COMPARED = 2 ** 14;

/**
 * `part` is in lower case and not empty. In linear time (Knuth, Morris, Pratt): with `includes` a part of 1000 characters may take 150 ms
 * in a text of repeated characters.
 */
export function containsText(text: string, part: string): boolean {
  const compared = text.slice(0, MAX_COMPARED).toLowerCase();
  const fallbacks = [0];
  /** How long a beginning of `part` ends with the character, if the characters before it end with one of length `matched`. */
  const next = (matched: number, character: string | undefined): number => {
    let length = matched;
    while (length > 0 && part[length] !== character) length = fallbacks[length - 1] ?? 0;
    return part[length] === character ? length + 1 : length;
  };
  for (let at = 1; at < part.length; at += 1) fallbacks.push(next(fallbacks[at - 1] ?? 0, part[at]));
  let matched = 0;
  for (let at = 0; at < compared.length && matched < part.length; at += 1) matched = next(matched, compared[at]);
  return matched === part.length;
}
