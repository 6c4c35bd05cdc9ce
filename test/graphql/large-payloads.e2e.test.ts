/** A payload of 12 MB does not keep other callers waiting. Smaller ones: large-payloads.test.ts. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { postTo, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ofRun } from '../harness/operations.ts';
import { wireStep } from '../harness/wire.ts';

const MARK = '@@json@@';
const OTHERS = 60;
/** 12 MB. */
const MILLION_KEYS = `{${Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":${index % 10}`).join()}}`;
const stepsWith = (outputs: string): string =>
  JSON.stringify([wireStep({ outputs: MARK })]).replace(JSON.stringify(MARK), () => outputs);

describe('a payload of a million keys', () => {
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, runId }) => {
        if (endpoint !== 'steps') return { status: 404, json: {} };
        return { raw: stepsWith(runId.startsWith('large') ? MILLION_KEYS : '{"a":1}') };
      },
    }),
  );
  const ask = async (fields: string, id: string) => {
    const response = await postTo(gateway.url, { query: ofRun(`steps { ${fields} }`, id) });
    return Buffer.from(await response.arrayBuffer());
  };

  beforeAll(async () => {
    await ask('id', 'large');
  });

  it.each([
    ['loaded', 'large-new', 'outputs(path: "k7")', '{"outputs":7}'],
    ['read by a path', 'large', 'outputs(path: "k7")', '{"outputs":7}'],
    ['read whole', 'large', 'outputs', `{"outputs":${MILLION_KEYS}}`],
    ['measured', 'large', 'outputsSizeBytes', `{"outputsSizeBytes":${MILLION_KEYS.length}}`],
  ])("doesn't block other requests while it is %s", async (_, id, fields, expected) => {
    await ask('id', 'small');
    const finished: string[] = [];
    const reading = ask(fields, id).finally(() => finished.push('large'));
    for (let index = 0; index < OTHERS; index += 1) {
      await ask(`a${index}: outputs`, 'small');
      finished.push('small');
    }
    // A diff of such strings would fill the screen.
    expect((await reading).equals(Buffer.from(`{"data":{"run":{"steps":[${expected}]}}}`))).toBe(true);
    expect(finished).toEqual([...Array<string>(OTHERS).fill('small'), 'large']);
  });
});
