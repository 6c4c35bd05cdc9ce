/** Messages of failures, each beside the same one without what differs from one run to another. */
import fc from 'fast-check';

type Text = fc.Arbitrary<string>;

interface Part {
  readonly said: string;
  readonly alike: string;
}

const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

const some = (characters: string, minLength: number, maxLength = minLength + 12): Text =>
  fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength, maxLength });
const digits = (length: number): Text => some(DIGITS, length, length);
const hex = (length: number): Text => some(HEX, length, length);
const textOf = (text: string | Text): Text => (typeof text === 'string' ? fc.constant(text) : text);
const joined = (...texts: (string | Text)[]): Text => fc.tuple(...texts.map(textOf)).map((all) => all.join(''));
const either = (...texts: (string | Text)[]): Text => fc.oneof(...texts.map(textOf));
const inAnyCase = (text: Text): Text =>
  fc.tuple(text, fc.boolean()).map(([word, isUpper]) => (isUpper ? word.toUpperCase() : word));
const shuffled = (...texts: Text[]): Text =>
  joined(...texts).chain((text) =>
    fc.shuffledSubarray(Array.from(text), { minLength: text.length }).map((characters) => characters.join('')),
  );

const url = joined(
  either('http', 'HTTPS', 's3', 'git+ssh', 'x-y.z'),
  '://',
  some(`${LETTERS}${DIGITS}/.?=&:%-,([“`, 1),
);

const plain = some(`${LETTERS}${DIGITS} -_/,.([`, 0);
const quotation = either(
  joined('"', either(plain, "it's", '`', '«'), '"'),
  joined('`', either(plain, '"', "don't"), '`'),
  joined('“', either(plain, '"'), '”'),
  joined('«', either(plain, "'"), '»'),
  joined("'", either(plain, '"x"'), "'"),
);

const date = joined(digits(4), '-', digits(2), '-', digits(2));
const fraction = joined(either('.', ','), some(DIGITS, 1));
const seconds = joined(':', digits(2), either('', fraction));
const clock = joined(digits(2), ':', digits(2), either('', seconds));
const zone = either('Z', 'z', joined(either('', ' '), either('+', '-'), digits(2), either('', ':'), digits(2)));
const time = either(
  date,
  joined(date, either('T', 't', ' '), clock, either('', zone)),
  clock,
  joined(digits(1), ':', digits(2)),
);

const id = inAnyCase(
  either(
    joined(hex(8), '-', hex(4), '-', hex(4), '-', hex(4), '-', hex(12)),
    joined('0x', some(HEX, 1)),
    shuffled(some(HEX, 6), some('abcdef', 1, 1), digits(1)),
    shuffled(some(`${LETTERS}${DIGITS}`, 14), some(LETTERS, 1, 1), digits(1)),
  ),
);

const number = joined(some(DIGITS, 1), either('', fraction, ',000.5'));

const differing = Object.entries({
  '<url>': url,
  '<text>': quotation,
  '<time>': time,
  '<id>': id,
  '<number>': number,
}).map(([alike, text]) => text.map((said): Part => ({ said, alike })));

const same = either(some(LETTERS, 1, 24), some('abcdef', 8, 20), "can't", 'a_b-c', 'x:y', 'a://', '…').map(
  (said): Part => ({ said, alike: said }),
);

/** Too short for an id, or only in its beginning like one. */
const numbered = fc.oneof(
  fc
    .tuple(some('ghijkl', 1, 6), some(DIGITS, 1, 6))
    .map(([word, count]): Part => ({ said: `${word}${count}`, alike: `${word}<number>` })),
  fc
    .tuple(some(DIGITS, 1, 6), some('abc', 3, 6), some('xyz', 1, 3))
    .map(([count, ...word]): Part => ({ said: `${count}${word.join('')}`, alike: `<number>${word.join('')}` })),
);

/** Shorter than what is cut. */
export const arbitraryMessage: fc.Arbitrary<Part> = fc
  .tuple(
    fc.array(fc.oneof(...differing, same, numbered), { maxLength: 12 }),
    fc.constantFrom(' of ', ') (', '] = [', '\n  at ', '} + {'),
    // A quotation mark that none follows quotes nothing.
    fc.constantFrom('', ' "', ' `'),
  )
  .map(([parts, separator, end]) => {
    const text = (key: keyof Part) => `${parts.map((part) => part[key]).join(separator)}${end}`;
    return { said: text('said'), alike: text('alike').replaceAll(/\s+/g, ' ').trim() };
  });
