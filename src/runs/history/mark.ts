import { hash } from 'node:crypto';

export const MARK_LENGTH = 7;
const BITS = 36;

/**
 * Seven digits that replace an id, which would make a cursor long. With a hundred ids, two share a mark about once in
 * ten million lists.
 */
export const markOf = (id: string): string =>
  Number.parseInt(hash('sha256', id).slice(0, BITS / 4), 16)
    .toString(36)
    .padStart(MARK_LENGTH, '0');
