/** The functions of JMESPath that work on text. */
import { costOfText } from './budget.ts';
import { InvalidPathError } from './invalid-path-error.ts';
import { arrayOf, define, number, optional, string } from './parameters.ts';
import { occurrencesOf, split, trim } from './text.ts';

type Ends = Parameters<typeof trim>[2];

export const textFunctions = {
  ends_with: define([string, string], ([text, end]) => text.endsWith(end)),
  find_first: find('find_first', (offsets) => offsets.take(1)),
  find_last: find('find_last', (offsets) => offsets),
  join: define([string, arrayOf(string)], ([glue, texts], spend) => {
    spend(costOfText(glue.length * texts.length));
    return texts.join(glue);
  }),
  lower: changingCase((text) => text.toLowerCase()),
  pad_left: pad('pad_left', (text, width, filler) => text.padStart(width, filler)),
  pad_right: pad('pad_right', (text, width, filler) => text.padEnd(width, filler)),
  replace: define([string, string, string, optional(number)], ([text, search, by, count], spend) => {
    const parts = split(text, search, wholeNumber('replace', count), spend);
    spend(costOfText(parts.length * by.length));
    return parts.join(by);
  }),
  split: define([string, string, optional(number)], ([text, search, count], spend) =>
    split(text, search, wholeNumber('split', count), spend),
  ),
  starts_with: define([string, string], ([text, start]) => text.startsWith(start)),
  trim: trimming('both'),
  trim_left: trimming('left'),
  trim_right: trimming('right'),
  upper: changingCase((text) => text.toUpperCase()),
};

function wholeNumber(name: string, count = Infinity): number {
  if (count === Infinity || (Number.isInteger(count) && count >= 0)) return count;
  throw new InvalidPathError(`${name}() expected a whole number from 0, got ${count}`);
}

function find(name: string, lookedThrough: (offsets: Generator<number>) => IteratorObject<number>) {
  return define(
    [string, string, optional(number), optional(number)],
    ([text, search, start = 0, end = text.length], spend) => {
      if (!Number.isInteger(start) || !Number.isInteger(end)) {
        throw new InvalidPathError(`${name}() expected whole numbers as its bounds, got ${start} and ${end}`);
      }
      if (search === '') return null;
      const from = Math.max(start, 0);
      const offsets = lookedThrough(occurrencesOf(search, text.slice(from, end), spend));
      return offsets.reduce<number | null>((_, offset) => from + offset, null);
    },
  );
}

function pad(name: string, padded: (text: string, width: number, filler: string) => string) {
  return define([string, number, optional(string)], ([text, width, filler = ''], spend) => {
    if (filler.length > 1) throw new InvalidPathError(`${name}() expected one character to pad with`);
    spend(costOfText(wholeNumber(name, width)));
    return padded(text, width, filler === '' ? ' ' : filler);
  });
}

function trimming(ends: Ends) {
  return define([string, optional(string)], ([text, characters = ''], spend) => trim(text, characters, ends, spend));
}

function changingCase(changed: (text: string) => string) {
  return define([string], ([text], spend) => {
    spend(costOfText(text.length));
    return changed(text);
  });
}
