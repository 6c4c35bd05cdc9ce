/** Of the module itself: gateways seal what they share, so no test can write another version's form from outside. */
import { expect, it } from '@jest/globals';
import { readAnswer, writeAnswer } from '../../src/fleet/answers/stored-answer.ts';

const HEAD = { epoch: 'e', sentAt: 1, fetchedAt: 2, uncertaintyMs: 3, isFinal: true };

it.each([Buffer.from('[{"id":"\n"}]'), Buffer.of(0, 10, 255), Buffer.alloc(0), null])(
  'an answer that gateways share is read as it was written: %j',
  (bytes) => {
    expect(readAnswer(writeAnswer(HEAD, bytes))).toEqual({ ...HEAD, bytes });
  },
);

const line = JSON.stringify({ ...HEAD, isMissing: false });
it.each(['', '\n', 'no JSON\n[]', '{}\n[]', line, `${line.replace('"sentAt":1', '"sentAt":-1')}\n[]`])(
  'an answer that gateways share is nothing where another version has written it in another form: %j',
  (written) => {
    expect(readAnswer(Buffer.from(written))).toBeNull();
  },
);
