/** The time limits of a shutdown and of its parts in sequence, in milliseconds, read from the source. */
import { readProjectFile } from './compose.ts';

/** NaN, which fails each comparison, if the source doesn't have such a constant. */
const constant = (path: string, name: string): number =>
  Number(new RegExp(`const ${name} = ([\\d_]+);`).exec(readProjectFile(path))?.[1]?.replaceAll('_', ''));

export const STOP_WITHIN_MS = constant('src/cli/serve.ts', 'STOP_WITHIN_MS');

export const STOP_PARTS_MS = [
  constant('src/http/live-connections.ts', 'GRACE_MS'),
  constant('src/cli/serve.ts', 'LINGER_MS'),
  constant('src/http/server.ts', 'ALL_MS'),
  constant('src/cli/tracing.ts', 'CLOSE_WITHIN_MS'),
];
