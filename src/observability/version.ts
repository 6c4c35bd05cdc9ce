import { readFileSync } from 'node:fs';

/** `package.json` is beside `src` and beside `dist`. */
const PACKAGE = new URL('../../package.json', import.meta.url);

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { readonly version: string };
  return version;
}
