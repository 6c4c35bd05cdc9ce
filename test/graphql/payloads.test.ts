import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MAX_COST } from '../../src/domain/payload.ts';
import { createContext, type ContextSource } from '../../src/graphql/context.ts';
import { inferredInputs, payloadValue } from '../../src/graphql/payloads.ts';
import { payloadOf, ran, runOf } from '../support/facts.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { bodyOf, rawJSON, wireStep, type Wire } from '../harness/wire.ts';

/** A run of which the upstream tells the steps alone. */
describe('the payloads of a run without a record', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let steps: readonly Wire[];

  beforeEach(async () => {
    upstream = await startFaultyUpstream(() => ({ raw: bodyOf(steps).toString() }));
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const ofRun = (fields: string) => gateway.query(`{ run(workflowId: "wf", id: "r1") { ${fields} } }`);

  const startedAt = (second: number, inputs: unknown): Wire =>
    wireStep({ id: `s${second}`, node_id: `n${second}`, start_time: `2025-03-13T02:41:0${second}Z`, inputs });

  it('are its inputs, as the first step that was given them says', async () => {
    steps = [
      startedAt(3, { input_data: 'late' }),
      startedAt(2, { run_id: 'r1', input_data: { question: 'why?' } }),
      startedAt(1, ['input_data']),
    ];
    const { data, errors } = await ofRun('inputs question: inputs(path: "question") outputs none: outputs(path: "a")');
    expect(errors).toEqual([]);
    expect(data).toEqual({ run: { inputs: { question: 'why?' }, question: 'why?', outputs: null, none: null } });
    expect((await ofRun('outputs(path: "[")')).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('are no inputs where no step has any', async () => {
    steps = [startedAt(1, null), startedAt(2, { input_data: undefined })];
    expect((await ofRun('inputs')).data).toEqual({ run: { inputs: null } });
    steps = [];
    expect((await ofRun('inputs(path: "a")')).data).toEqual({ run: { inputs: null } });
  });

  it('are not guessed where inputs that can not be read may be the run’s', async () => {
    steps = [startedAt(1, [Infinity]), startedAt(2, { input_data: 1 })];
    const { data, errors } = await ofRun('inputs status');
    expect(data).toEqual({ run: { inputs: null, status: 'COMPLETED' } });
    expect(errors).toMatchObject([
      { message: 'inputs: a number is beyond what a double holds', path: ['run', 'inputs'] },
    ]);
  });

  it('are answered whole, however many values they have, and with exact integers', async () => {
    const many = Array.from({ length: MAX_COST / 8 }, () => []);
    steps = [wireStep({ inputs: many, outputs: [...many, rawJSON('12345678901234567890')] })];
    const { data, errors } = await ofRun(
      'steps { inputs outputs inputsSizeBytes path: outputs(path: "length(@)") tokenUsage { totalTokens } }',
    );
    expect(data).toEqual({
      run: {
        steps: [
          {
            inputs: many,
            outputs: [...many, '12345678901234567890'],
            inputsSizeBytes: 3 * many.length + 1,
            path: null,
            tokenUsage: null,
          },
        ],
      },
    });
    expect(errors).toMatchObject([
      {
        message: 'outputs: too many values to be read; it is answered as a whole alone',
        path: ['run', 'steps', 0, 'path'],
      },
    ]);
  });

  it('are written anew once for the operation, and inputs are looked for once, however often they are selected', async () => {
    const source = { now: () => 0, maxUpstreamCalls: 1, maxObjects: 1, prices: null } as unknown as ContextSource;
    const signal = () => new AbortController().signal;
    const context = createContext(source, { viewer: null, authError: null, requestId: 'r', signal });
    const exact = payloadOf({ outputs: 'x' });
    const written = jest.fn(() => Buffer.from('1'));
    const payload = {
      ...exact,
      outputs: { ...exact.outputs, isPlain: false, problem: null, sizeBytes: 1, written } as never,
    };
    const answers = [1, 2, 3].map(() => payloadValue(payload, 'outputs', null, context));
    expect(new Set(answers).size).toBe(1);
    expect(written).toHaveBeenCalledTimes(1);
    const run = runOf([ran('a', 0, 1), ran('b', 1, 2, 'completed', { inputs: { input_data: { n: 7 } } })]);
    const parse = jest.spyOn(JSON, 'parse');
    const found = await Promise.all(['n', null, 'n'].map((path) => inferredInputs(run, path, context)));
    const readings = parse.mock.calls.length;
    parse.mockRestore();
    expect(found).toEqual([7, { n: 7 }, 7]);
    expect(readings).toBe(1);
  });
});
