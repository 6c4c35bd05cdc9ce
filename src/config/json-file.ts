/** Reads a JSON file of the operator. */
import { readFileSync } from 'node:fs';

/** Throws the error that `wrong` makes of the problem. */
export function readJsonFile(path: string, wrong: (path: string, problem: string) => Error): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(path, `it cannot be read: ${(error as NodeJS.ErrnoException).message}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(path, 'it must be JSON, got other text');
  }
}
