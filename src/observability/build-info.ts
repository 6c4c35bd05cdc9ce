/** The version and revision of this build. */
import { readFileSync } from 'node:fs';

/** `package.json` is next to `src` and next to `dist`. */
const PACKAGE = new URL('../../package.json', import.meta.url);

export interface BuildInfo {
  readonly version: string;
  /** Revision of the source; null if unknown. */
  readonly revision: string | null;
}

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { readonly version: string };
  return version;
}
