/** Error messages with placeholders for parts that vary between runs, so equal failures have equal messages. */
import { isIPv6 } from 'node:net';

/**
 * Maximum number of characters to read. The beginning of a message says what went wrong, and a rule may read a
 * character repeatedly.
 */
const MAX_READ = 2000;
const MAX_LENGTH = 500;

const START = '(?<![a-z0-9])';
const END = '(?![a-z0-9])';
const WEEKDAY = '(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}';
const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const CLOCK = String.raw`\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?`;
const ZONE = String.raw`(?: ?(?:z|utc|gmt|[+-]\d\d:?\d\d)${END})?`;
/** Units are whole words, because a single letter after a space could be anything. `s` is a second. */
const UNIT = '(?:(?:nano|micro|milli)?(?:second|sec)|msec|minute|min|hour|hr|day|week|month|year)s?|[nuµm]?s';
const SOURCE_FILE = String.raw`\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|cs|php|cc?|cpp|h|swift|vue|html?|css|sql|json|ya?ml|xml|sh)`;
/** Model families with dates, versions or numbers in their names. */
const MODEL = '(?:chatgpt|gpt|o[1-9]|claude|gemini|llama|[a-z]{0,6}stral|command-r|deepseek|qwen|grok|text-embedding)';

interface Rule {
  readonly pattern: string;
  /** Placeholder, or a function that returns the replacement. */
  readonly mask: string | ((text: string) => string);
}

/** Keeps the segment names of a path or URL. A numeric segment is an id, however short. */
const URL_RULES: readonly Rule[] = [
  { pattern: String.raw`\b[a-z][a-z0-9+.-]{0,15}:\/\/[^\s"'\x60<>)\]}]+`, mask: maskUrl },
  { pattern: String.raw`(?<![\w.\/<>:)~-])\/[\w.~%@+-][^\s"'\x60<>)\]},]*`, mask: maskUrl },
];

/** The first matching rule wins. No rule backtracks over more than a word. */
const RULES: readonly Rule[] = [
  { pattern: String.raw`${START}${MODEL}(?:[-.:@][a-z0-9]+)+`, mask: (name) => name },
  { pattern: String.raw`(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])`, mask: '<email>' },
  { pattern: '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])', mask: '<id>' },
  // Times: ISO 8601 and logs, RFC 1123 and asctime, and the time of day.
  { pattern: String.raw`(?<!\d)\d{4}[-/]\d\d[-/]\d\d(?:[t ]${CLOCK}${ZONE})?(?!\d)`, mask: '<time>' },
  { pattern: String.raw`(?<!\d)(?:\d{8}t\d{6}z?|\d\d\/${MONTH}\/\d{4}:${CLOCK}${ZONE})(?!\d)`, mask: '<time>' },
  {
    pattern: String.raw`(?:${START}${WEEKDAY},? )?(?:${START}\d{1,2}[ -]${MONTH}[ -]\d{4}(?: ${CLOCK})?|${START}${MONTH} +\d{1,2},? (?:\d{4}(?: ${CLOCK})?|${CLOCK}(?: \d{4})?))${ZONE}${END}`,
    mask: '<time>',
  },
  { pattern: String.raw`(?<![\w:.])\d{1,2}:\d\d:\d\d(?:[.,]\d+)?${ZONE}(?![\w:])`, mask: '<time>' },
  { pattern: String.raw`(?<![^\s(])(?:[01]?\d|2[0-3]):[0-5]\d(?![\w:])`, mask: '<time>' },
  { pattern: String.raw`(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)(?::\d{1,5}(?!\d))?`, mask: maskAddress },
  {
    pattern: String.raw`(?<![\w:.])(?=[0-9a-f:.]*::|(?:[0-9a-f]{1,4}:){6})(?:[0-9a-f]{0,4}:){2,8}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,5})?(?<![^:]:)(?:%\w{1,16})?(?!\w)`,
    mask: maskAddress,
  },
  { pattern: String.raw`(?<![\w.])(?:\d+(?:\.\d+)?(?:[nuµm]?s|[mh]))+(?!\w)`, mask: maskUnits },
  { pattern: String.raw`(?<![\w.])\d+(?:[.,]\d+){0,3}[ -]?(?:${UNIT})(?!\w)`, mask: '<duration>' },
  { pattern: String.raw`${START}0x[0-9a-f]{8,}${END}`, mask: '<id>' },
  { pattern: String.raw`${START}(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}${END}`, mask: '<id>' },
  // Other long ids have digits in two places, unlike most names. Names of exceptions are kept.
  {
    pattern: String.raw`${START}(?=[a-z]*\d+[a-z]+\d)(?![a-z0-9]*(?:error|exception|warning|timeout)${END})[a-z0-9]{16,}${END}`,
    mask: '<id>',
  },
  {
    pattern: String.raw`(?:(?<=(?:${START}localhost|\.[a-z]{2,24}):)(?<!${SOURCE_FILE}:)|(?<=\bport[ =:]{1,2}|\]:))\d{1,5}(?!\w|\.\d)`,
    mask: '<port>',
  },
  { pattern: String.raw`(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)`, mask: '<number>' },
  // An index, or a number in brackets, but not an HTTP status. A URL ends before the bracket.
  { pattern: String.raw`(?<=[\w)\]]\[)(?<!\b(?:http|status|code)\[)\d+(?=\]|$)`, mask: '<number>' },
  { pattern: String.raw`(?<=(?<![\w)\]])\[)(?![1-5]\d\d\])\d+(?=\])`, mask: '<number>' },
  { pattern: String.raw`\d{4,}(?:\.\d+)?`, mask: '<number>' },
  // A number in a version, or in a name such as `python3.11`, isn't a fraction.
  { pattern: String.raw`(?<![\w.])(?<!\w[-/])\d{1,3}\.\d+(?:e[+-]?\d+)?(?!\d|\.\d)`, mask: '<number>' },
];

/** Replaces in one pass, so no rule reads another rule's placeholder. */
function createMask(rules: readonly Rule[]): (text: string) => string {
  const pattern = new RegExp(rules.map((rule) => `(${rule.pattern})`).join('|'), 'gi');
  return (text) =>
    text.replace(pattern, (found, ...groups) => {
      const mask = rules[groups.findIndex((group) => group !== undefined)]?.mask ?? found;
      return typeof mask === 'string' ? mask : mask(found);
    });
}

const maskAll = createMask([...URL_RULES, ...RULES]);
const maskParts = createMask(RULES);

function maskUrl(url: string): string {
  const named = url.replaceAll(/(?<=[/=])\d+(?=[/?&#;,:]|\.?$)/g, '<id>');
  return maskParts(named);
}

/** Masks the port separately. A name such as `crate::Error` has no digits. */
function maskAddress(text: string): string {
  const [, address = '', port] = /^(.*?)(?::(\d{2,5}))?$/.exec(text) ?? [];
  const isAddress = (part: string) => part.includes('.') || isIPv6(part);
  if (/\d/.test(text) && port !== undefined && isAddress(address)) return '<ip>:<port>';
  return /\d/.test(text) && isAddress(text) ? '<ip>' : maskNumbers(text);
}

/** `10M` means ten million or megabytes, not minutes. */
function maskUnits(text: string): string {
  return /[MH]/.test(text) ? maskNumbers(text) : '<duration>';
}

const maskNumbers = (text: string): string => text.replaceAll(/\d{4,}/g, '<number>');

/** Returns the error below the frames of a Python traceback, since different errors may have the same frames. */
function belowFrames(message: string): string {
  if (!message.includes('Traceback (most recent call last)')) return message;
  const lastFrame = message.lastIndexOf('\n  File "') + 1;
  const fromFrame = message.slice(lastFrame, lastFrame + MAX_READ);
  const error = fromFrame.search(/^\S/m);
  return error < 0 ? message : fromFrame.slice(error);
}

/** The placeholders are `<id>`, `<time>`, `<duration>`, `<ip>`, `<port>`, `<email>` and `<number>`. */
export function maskedMessage(message: string): string {
  const masked = maskAll(belowFrames(message).slice(0, MAX_READ));
  const oneLine = masked.replaceAll(/\s+/g, ' ').trim();
  return oneLine.length > MAX_LENGTH ? `${oneLine.slice(0, MAX_LENGTH)}…` : oneLine;
}
