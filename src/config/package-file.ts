/** Files of this package outside `src`. */
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** Not relative to this module: a bundle has it in another folder. */
const ROOT = dirname(findPackageJSON(import.meta.url) ?? '');

/** The absolute path of a file, such as `schema.graphql`. */
export const packageFile = (path: string): string => join(ROOT, path);
