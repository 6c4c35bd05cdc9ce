import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAnswer, writeAnswer } from '../../src/runs/shared/stored-answer.ts';

const time = fc.maxSafeNat();
const arbitraryHead = fc.record({
  epoch: fc.string(),
  sentAt: time,
  fetchedAt: time,
  uncertaintyMs: time,
  isFinal: fc.boolean(),
});
const HEAD = { epoch: 'e', sentAt: 1, fetchedAt: 2, uncertaintyMs: 3, isFinal: true };

describe('an answer that gateways share', () => {
  it('is read as it was written, whatever its bytes are', () => {
    fc.assert(
      fc.property(arbitraryHead, fc.uint8Array(), (head, bytes) => {
        const body = Buffer.from(bytes);
        expect(readAnswer(writeAnswer(head, body))).toEqual({ ...head, bytes: body });
      }),
    );
  });

  it('may be that the upstream has nothing', () => {
    expect(readAnswer(writeAnswer(HEAD, null))).toEqual({ ...HEAD, bytes: null });
  });

  it('is nothing where another version has written it in another form', () => {
    const line = JSON.stringify({ ...HEAD, isMissing: false });
    expect(readAnswer(Buffer.from(`${line}\n[]`))?.bytes?.toString()).toBe('[]');
    for (const written of [
      '',
      '\n',
      'no JSON\n[]',
      '{}\n[]',
      line,
      `${line.replace('"sentAt":1', '"sentAt":-1')}\n[]`,
    ]) {
      expect(readAnswer(Buffer.from(written))).toBeNull();
    }
  });
});
