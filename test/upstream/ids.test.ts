import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GatewayError } from '../../src/upstream/errors.ts';
import { checkId, checkRef, pathSegment, refKey } from '../../src/upstream/ids.ts';
import { anyCharacter } from '../harness/any-character.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';

/** Mostly ids as upstreams may have them, and what an attacker would send. */
const arbitraryId: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom(...Array.from('aZ09._~-:@ /%+=äß日🐎')), maxLength: 130 }),
  },
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom('.', '/', '\\', '%2e', '%2F', 'a', '?', '#', ';'), maxLength: 8 }),
  },
  fc.string({ unit: anyCharacter }),
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

/** As the specification of ids says it, in other words than the code. */
const isIdAsDocumented = (id: string): boolean =>
  id !== '' &&
  !id.split(/[/\\]/).some((segment) => segment === '.' || segment === '..') &&
  new TextEncoder().encode(id).length <= 512 &&
  !Array.from(id).some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 || (code >= 127 && code < 160) || (code >= 0xd800 && code < 0xe000);
  });

describe('checkId', () => {
  it('refuses empty ids, the segments "." and "..", control characters, half characters and more than 512 bytes; nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryId, fc.string({ unit: 'grapheme', minLength: 100, maxLength: 300 })), (id) => {
        expect(isAccepted(id)).toBe(isIdAsDocumented(id));
      }),
      { numRuns: 600 },
    );
    const slashes = ['./', '/..', 'a/../b', 'a\\.\\b', 'a/.../b', 'a..b/.c'];
    for (const id of ['', '.', '..', '...', ' ', ...slashes]) expect(isAccepted(id)).toBe(isIdAsDocumented(id));
    for (const length of [512, 513]) {
      expect(isAccepted('x'.repeat(length))).toBe(length === 512);
      expect(isAccepted(`${'x'.repeat(length - 2)}ä`)).toBe(length === 512);
    }
  });

  it('rejects a line break at the end, which a regular expression may overlook', () => {
    expect(isAccepted('run-1\n')).toBe(false);
    expect(isAccepted('run-1\r')).toBe(false);
  });

  it('names the id, what was expected and what came, in one line of bounded length', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (id) => {
        try {
          checkId('workflow id', id);
        } catch (error) {
          const { message } = error as GatewayError;
          expect(message).toMatch(/^workflow id: expected 1 to 512 bytes of text .*, got ./s);
          expect(message).not.toMatch(/\p{Cc}/u);
          expect(message.length).toBeLessThan(300);
        }
      }),
    );
  });
});

describe('checkRef', () => {
  it('is both ids, each checked by its name', () => {
    const ref = { workflowId: 'wf', runId: 'r 1' };
    expect(checkRef(ref)).toEqual(ref);
    expect(() => checkRef({ ...ref, workflowId: '..' })).toThrow(/^workflow id: expected .*, got the segment "\.\."$/);
    expect(() => checkRef({ ...ref, runId: '.' })).toThrow(/^run id: expected .*, got the segment "\."$/);
  });
});

describe('pathSegment', () => {
  it('keeps the structure of the path, and the id in it', () => {
    fc.assert(
      fc.property(
        arbitraryId.filter(isAccepted),
        fc.constantFrom('https://host/', 'https://host/api/v1/workflow/', 'http://[::1]:8080/a%20b/'),
        (id, base) => {
          const segment = pathSegment('run id', id);
          const url = new URL(`workflows/${segment}/runs/${segment}/steps`, base);
          const { origin, pathname } = new URL(base);
          expect(url.href).toBe(`${origin}${pathname}workflows/${segment}/runs/${segment}/steps`);
          const segments = url.pathname.slice(pathname.length).split('/');
          expect(segments.map(decodeURIComponent)).toEqual(['workflows', id, 'runs', id, 'steps']);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('refKey', () => {
  it('is of one run alone', () => {
    const anyId = arbitraryId.filter(isAccepted);
    const key = (pair: readonly [string, string]) => refKey({ workflowId: pair[0], runId: pair[1] });
    expect(key(['a b', 'c'])).not.toBe(key(['a', 'b c']));
    fc.assert(
      fc.property(fc.tuple(anyId, anyId), fc.tuple(anyId, anyId), (one, other) => {
        expect(key(one) === key(other)).toBe(one[0] === other[0] && one[1] === other[1]);
      }),
    );
  });
});

describe('a checked id', () => {
  it('keeps nothing of the text that it stood in', () => {
    const heapBytes = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heapBytes();
    const ids = Array.from({ length: 50 }, (_, index) => {
      const query = `{ run(id: "run-of-some-length-${index}") { ${'x'.repeat(2 ** 20)} } }`;
      // Read a character, so that the text is one piece.
      return checkId('run id', query.charCodeAt(0) > 0 ? (/"(.+)"/.exec(query)?.[1] ?? '') : '');
    });
    expect(heapBytes() - before).toBeLessThan(10 * 2 ** 20);
    expect(ids[49]).toBe('run-of-some-length-49');
  });
});
