import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { EQUIVALENT } from '../../scripts/mutation/equivalent/index.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Without indentation. Null: there is no such file. */
const linesOf = (file: string): ReadonlySet<string> | null => {
  const path = join(SRC, file);
  return existsSync(path)
    ? new Set(
        readFileSync(path, 'utf8')
          .split('\n')
          .map((line) => line.trim()),
      )
    : null;
};

const LINES = new Map([...new Set(EQUIVALENT.map(({ file }) => file))].map((file) => [file, linesOf(file)]));

describe('the list of mutants that change nothing', () => {
  // One that names none excuses nothing, or one day a line that is written anew.
  it('names lines of src alone', () => {
    const stale = EQUIVALENT.filter(({ file, line }) => !LINES.get(file)?.has(line)).map(({ file, line }) =>
      LINES.get(file) ? `src/${file} has no such line any more: ${line}` : `src/${file} does not exist: ${line}`,
    );
    expect(stale).toEqual([]);
  });
});
