/** Tests the module: gateways seal shared answers, so a test cannot write another version's format from outside. */
import { expect, it } from '@jest/globals';
import { readAnswer, writeAnswer } from '../../src/fleet/stored-answer.ts';

const FACTS = { lifeMs: 20, tookMs: 3, isFinal: true };

it.each([Buffer.from('[{"id":"\n"}]'), Buffer.of(0, 10, 255), Buffer.alloc(0), null])(
  'reads a shared response as it was written: %j',
  (body) => {
    expect(readAnswer(writeAnswer(FACTS, body))).toEqual({ facts: FACTS, body });
  },
);

const line = JSON.stringify({ ...FACTS, isMissing: false });
it.each(['', '\n', 'no JSON\n[]', '{}\n[]', line, `${line.replace('"tookMs":3', '"tookMs":-3')}\n[]`])(
  'ignores a shared response in the format of another version: %j',
  (written) => {
    expect(readAnswer(Buffer.from(written))).toBeNull();
  },
);
