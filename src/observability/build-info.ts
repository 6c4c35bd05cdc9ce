/** The version and revision of this build. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../config/package-file.ts';

export interface BuildInfo {
  readonly version: string;
  /** Revision of the source; null if unknown. */
  readonly revision: string | null;
}

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { readonly version: string };
  return version;
}
