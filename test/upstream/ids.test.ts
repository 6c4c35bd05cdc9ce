import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GatewayError } from '../../src/upstream/errors.ts';
import { checkId } from '../../src/upstream/ids.ts';

// Fixed texts, so that a failure can be reproduced.
fc.configureGlobal({ seed: 20_261_124 });

const ALLOWED = Array.from('ABCXYZabcxyz0123456789._~-');

/** Mostly ids, and what an attacker would send instead. */
const arbitraryId: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(...ALLOWED), maxLength: 130 }) },
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom('.', '/', '\\', '%2e', '%2F', 'a', '?', '#'), maxLength: 8 }),
  },
  fc.string({ unit: 'binary' }),
  fc.webPath(),
  fc.webUrl(),
);

function isAccepted(id: string): boolean {
  try {
    return checkId('run id', id) === id;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'BAD_USER_INPUT') return false;
    throw error;
  }
}

describe('checkId', () => {
  it('accepts no id that changes the structure of a path', () => {
    fc.assert(
      fc.property(
        arbitraryId,
        fc.constantFrom('https://host/', 'https://host/api/v1/workflow/', 'http://[::1]:8080/a%20b/'),
        (id, base) => {
          if (!isAccepted(id)) return;
          const url = new URL(`workflows/${id}/runs/${id}/steps`, base);
          const { origin, pathname } = new URL(base);
          expect(url.origin).toBe(origin);
          expect(url.pathname).toBe(`${pathname}workflows/${id}/runs/${id}/steps`);
          expect(url.href).toBe(`${origin}${url.pathname}`);
          // The upstream's router gets the same ids, even if it decodes them.
          expect(decodeURIComponent(url.pathname)).toBe(
            `${decodeURIComponent(pathname)}workflows/${id}/runs/${id}/steps`,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('accepts 1 to 128 of the allowed characters, except "." and ".."', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...ALLOWED), minLength: 1, maxLength: 128 }), (id) => {
        expect(isAccepted(id)).toBe(id !== '.' && id !== '..');
      }),
    );
    expect(isAccepted('x'.repeat(128))).toBe(true);
    expect(isAccepted('x'.repeat(129))).toBe(false);
    expect(isAccepted('...')).toBe(true);
  });

  it('rejects a line break at the end, which a regular expression may overlook', () => {
    expect(isAccepted('run-1\n')).toBe(false);
    expect(isAccepted('run-1\u2028')).toBe(false);
  });

  it('names the id, what was expected and what came, in one line of bounded length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (id) => {
        try {
          checkId('workflow id', id);
        } catch (error) {
          const { message } = error as GatewayError;
          expect(message).toMatch(/^workflow id: expected 1 to 128 of the characters .*, got ./s);
          expect(message).not.toMatch(/[\n\r]/);
          expect(message.length).toBeLessThan(1000);
        }
      }),
    );
  });
});
