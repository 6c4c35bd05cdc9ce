/** Helpers for tests that send operations and read errors. */
import type { GraphqlError } from './gateway.ts';

interface WithErrors {
  readonly errors?: readonly GraphqlError[];
}

export const codesOf = ({ errors = [] }: WithErrors): string[] => errors.map(({ extensions }) => extensions.code);

/** Each error as `path: CODE`, sorted, as the order of errors is not defined. */
export const placesOf = ({ errors = [] }: WithErrors): string[] =>
  errors.map(({ path = [], extensions }) => `${path.join('.')}: ${extensions.code}`).sort();

/** Writes this number of parts of a document. */
export const repeat = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

export const ofRun = (fields: string, id = 'r1'): string => `{ run(workflowId: "wf", id: "${id}") { ${fields} } }`;
export const ofWorkflow = (fields: string): string => `{ workflow(id: "wf") { ${fields} } }`;

/** An operation is parsed, then known, then compiled, then cached; all four answers must be the same. */
export const TIMES = [1, 2, 3, 4];
