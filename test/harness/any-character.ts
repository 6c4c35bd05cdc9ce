/** Any code point; a third are ASCII. fast-check's own unit `binary` needs half a second in each file that uses it. */
import fc from 'fast-check';

export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((codePoint) => String.fromCodePoint(codePoint));
