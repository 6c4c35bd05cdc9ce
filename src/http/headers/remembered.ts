/** Caches parsed headers: clients send few different ones. */
import { LRUCache } from 'lru-cache';

const MAX_REMEMBERED = 100;
/** A longer header is parsed each time. */
const MAX_REMEMBERED_LENGTH = 200;

export function remembered<T extends object>(read: (header: string) => T): (header: string) => T {
  const known = new LRUCache<string, T>({ max: MAX_REMEMBERED });
  return (header) => {
    const found = known.get(header);
    if (found) return found;
    const value = read(header);
    if (header.length <= MAX_REMEMBERED_LENGTH) known.set(header, value);
    return value;
  };
}
