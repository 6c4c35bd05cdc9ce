/** Reads schema.graphql. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../config/package-file.ts';

export const readContract = (): string => readFileSync(packageFile('schema.graphql'), 'utf8');
