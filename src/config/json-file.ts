/** Reads a JSON file of the operator. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Creates the error for a problem. */
type Wrong = (path: string, problem: string) => Error;

/** Throws the error that `wrong` creates. */
export function readJsonFile(path: string, wrong: Wrong): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error, wrong);
  }
  return parseJsonFile(path, text, wrong);
}

/** Rejects with the error that `wrong` creates. */
export const readTextFile = (path: string, wrong: Wrong): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error, wrong);
  });

export function parseJsonFile(path: string, text: string, wrong: Wrong): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(path, 'it must be JSON, got something else');
  }
}

const unreadable = (path: string, error: unknown, wrong: Wrong): Error =>
  wrong(path, `it cannot be read: ${(error as NodeJS.ErrnoException).message}`);
