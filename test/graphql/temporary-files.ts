/** Files for the tests of a file, in a folder that is removed after them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

export function temporaryFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  /** Writes a string as it is, any other value as JSON, and returns the path. */
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  return { folder, write };
}
