/** A message without what differs from one run to another, so that the same failure has the same text. */

/** A longer message is cut: its beginning says what went wrong. */
const MAX_READ = 2000;
const MAX_LENGTH = 500;

/** Letters and digits beside these would belong to the same word. */
const START = '(?<![A-Za-z0-9])';
const END = '(?![A-Za-z0-9])';

/** In this order: what holds others goes first. None backtracks over more than a few characters. */
const PARTS: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/\b[a-z][a-z0-9+.-]{0,15}:\/\/[^\s"'`<>)\]}]+/gi, '<url>'],
  [/"[^"\n]*"|`[^`\n]*`|“[^“”\n]*”|«[^«»\n]*»|(?<![\w'])'[^'\n]*'(?!\w)/g, '<text>'],
  [/\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?)?(?!\d)/gi, '<time>'],
  [/(?<!\d)\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?!\d)/g, '<time>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/gi, '<id>'],
  [new RegExp(`${START}0x[0-9a-f]+${END}`, 'gi'), '<id>'],
  [new RegExp(`${START}(?=[a-f]*\\d)(?=\\d*[a-f])[0-9a-f]{8,}${END}`, 'gi'), '<id>'],
  [new RegExp(`${START}(?=[a-z]*\\d)(?=\\d*[a-z])[a-z0-9]{16,}${END}`, 'gi'), '<id>'],
  [/\d+(?:[.,]\d+)*/g, '<number>'],
];

/** Of a Python traceback, what stands below its frames: they are the same for errors that are not. */
function toldBy(message: string): string {
  if (!message.includes('Traceback (most recent call last)')) return message;
  const lastFrame = message.lastIndexOf('\n  File "') + 1;
  const fromFrame = message.slice(lastFrame, lastFrame + MAX_READ);
  const error = fromFrame.search(/^\S/m);
  return error < 0 ? message : fromFrame.slice(error);
}

/** URLs, quoted parts, times, ids (UUIDs, hexadecimal and other long ones) and numbers become a word for each. */
export function likeness(message: string): string {
  const alike = PARTS.reduce(
    (text, [pattern, word]) => text.replaceAll(pattern, word),
    toldBy(message).slice(0, MAX_READ),
  );
  const oneLine = alike.replaceAll(/\s+/g, ' ').trim();
  return oneLine.length > MAX_LENGTH ? `${oneLine.slice(0, MAX_LENGTH)}…` : oneLine;
}
