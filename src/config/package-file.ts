/** Files of this package outside `src`, and its version. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** Not relative to this module, which is in another folder of a bundle. */
const ROOT = dirname(findPackageJSON(import.meta.url) ?? '');

/** The absolute path of a file, such as `schema.graphql`. */
export const packageFile = (path: string): string => join(ROOT, path);

/** The version of this build. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { readonly version: string };
  return version;
}
