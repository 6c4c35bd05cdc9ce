/** Tests the module: gateways seal shared answers, so a test cannot write another version's format from outside. */
import { expect, it } from '@jest/globals';
import { readAnswer, writeAnswer } from '../../src/fleet/answers/stored-answer.ts';

const HEAD = { epoch: 'e', sentAt: 1, fetchedAt: 2, uncertaintyMs: 3, isFinal: true };

it.each([Buffer.from('[{"id":"\n"}]'), Buffer.of(0, 10, 255), Buffer.alloc(0), null])(
  'a shared answer is read as it was written: %j',
  (bytes) => {
    expect(readAnswer(writeAnswer(HEAD, bytes))).toEqual({ ...HEAD, bytes });
  },
);

const line = JSON.stringify({ ...HEAD, isMissing: false });
it.each(['', '\n', 'no JSON\n[]', '{}\n[]', line, `${line.replace('"sentAt":1', '"sentAt":-1')}\n[]`])(
  'a shared answer in the format of another version is ignored: %j',
  (written) => {
    expect(readAnswer(Buffer.from(written))).toBeNull();
  },
);
