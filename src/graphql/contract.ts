/** The contract, as its file has it: two folders up, from `src/graphql` and from `dist/graphql`. */
import { readFileSync } from 'node:fs';

export const readContract = (): string => readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
