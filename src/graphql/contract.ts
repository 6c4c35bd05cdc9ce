/** Reads schema.graphql, which is two folders above both `src/graphql` and `dist/graphql`. */
import { readFileSync } from 'node:fs';

export const readContract = (): string => readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
