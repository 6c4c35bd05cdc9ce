import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRun, readRuns, readSteps } from '../../src/upstream/contract.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { told } from '../support/facts.ts';
import { textOf, wireRun, wireStep, type Wire } from '../support/wire.ts';

const readStep = (fields: Wire) => {
  const [step] = readSteps(textOf([wireStep(fields)]));
  if (!step) throw new Error('expected a step');
  return step;
};

const readTheRun = (fields: Wire) => {
  const run = readRun(textOf([wireRun('r', fields)]), 'r');
  if (!run) throw new Error('expected the record of the run');
  return run;
};

function errorOf(read: () => unknown): GatewayError {
  try {
    read();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('expected a GatewayError, got an answer');
}

describe("the steps on the wire, as in the API's example", () => {
  it('are read into facts, in the order of the list', () => {
    const inputs = { model: 'virtuoso-large' };
    const outputs = { choices: [] };
    const json = [wireStep({ inputs, outputs, step_metadata: { attempt: 2 }, error: 'boom', tokens: 7 }), wireStep()];
    const [step, next] = readSteps(textOf(json));
    if (!step) throw new Error('expected a step');
    expect(told(step)).toEqual({
      id: 'step-1',
      nodeId: 'model_1',
      userId: 'user-1',
      organizationId: 'org-1',
      rawStatus: 'completed',
      startTime: {
        text: '2025-03-13T02:41:15.144470Z',
        epochMicros: Date.parse('2025-03-13T02:41:15Z') * 1000 + 144_470,
        isWholeSecond: false,
      },
      endTime: {
        text: '2025-03-13T02:41:17.382162Z',
        epochMicros: Date.parse('2025-03-13T02:41:17Z') * 1000 + 382_162,
        isWholeSecond: false,
      },
      elapsedTime: 2,
      error: 'boom',
      inputs,
      outputs,
      metadata: { attempt: 2 },
      unreadable: [],
      tokens: 7,
      index: 0,
    });
    expect(next?.index).toBe(1);
  });

  it('may be an empty list', () => {
    expect(readSteps(textOf([]))).toEqual([]);
  });

  it('keep payloads as text until they are read, and then return them by reference', () => {
    const payload = { deep: [{ text: 'x' }] };
    const json = [wireStep(), { ...wireStep(), inputs: payload, outputs: payload, step_metadata: payload }];
    let readings = 0;
    const text = {
      sizeBytes: 0,
      read() {
        readings += 1;
        return json;
      },
    };
    const [, step] = readSteps(text);
    const [, record] = readRuns(text);
    expect(readings).toBe(2);
    const { inputs, outputs, metadata } = step?.payload() ?? {};
    expect(readings).toBe(3);
    for (const part of [inputs, outputs, metadata, record?.payload().inputs, record?.payload().outputs]) {
      expect(part).toBe(payload);
    }
  });
});

describe("the wire's quirks", () => {
  it.each([
    ['null', null, null],
    ['an empty text', '', null],
    ['a text', 'boom', 'boom'],
    ['a blank text', ' ', ' '],
  ])('tell an error, a user and an organization by %s', (_, value, expected) => {
    const step = readStep({ error: value, user_id: value, organization_id: value });
    expect([step.error, step.userId, step.organizationId]).toEqual([expected, expected, expected]);
    expect(readTheRun({ error: value }).error).toBe(expected);
  });

  it.each([
    [{ message: 'boom' }, '{"message":"boom"}'],
    [['boom'], '["boom"]'],
    [{}, '{}'],
    [[], '[]'],
  ])('tell an error by the value %j', (value, expected) => {
    expect(readStep({ error: value }).error).toBe(expected);
    expect(readTheRun({ error: value }).error).toBe(expected);
  });

  it.each([
    ['null', null, null],
    ['an empty text', '', null],
    ['the ordinary form', '2025-03-13T02:41:15.144470Z', '2025-03-13T02:41:15.144470Z'],
    ['a space and an offset', '2025-03-12 00:59:55.465508+00:00', '2025-03-12T00:59:55.465508+00:00'],
    ['another offset', '2025-03-12 02:59:55.465508+0200', '2025-03-12T02:59:55.465508+02:00'],
    ['no zone', '2025-03-12T00:59:55.465508', '2025-03-12T00:59:55.465508Z'],
    ['garbage', 'yesterday', null],
    ['a day that there is not', '2025-13-45T00:00:00Z', null],
    ['30 February', '2025-02-30T00:00:00Z', null],
    ['a number as text', '1741833675', null],
  ])('tell a time by %s', (_, value, text) => {
    const step = readStep({ start_time: value, end_time: value });
    const run = readTheRun({ start_time: value, end_time: value });
    for (const time of [step.startTime, step.endTime, run.startTime, run.endTime]) {
      expect(time?.text ?? null).toBe(text);
    }
  });

  it('write one moment in either form', () => {
    const { startTime, endTime } = readStep({
      start_time: '2025-03-12 00:59:55.465508+00:00',
      end_time: '2025-03-12T02:59:55.465508+02:00',
    });
    expect(startTime?.epochMicros).toBe(endTime?.epochMicros);
  });

  it.each([
    ['null', null, null],
    ['0', 0, 0],
    ['whole seconds', 2, 2],
    ['a fraction, which is floored', 2.999, 2],
    ['a length below 0', -1, null],
    ['a length just below 0', -0.5, null],
    ["GraphQL's largest Int", 2 ** 31 - 1, 2 ** 31 - 1],
    ['more than that', 2 ** 31, 2 ** 31],
    ['more than any double', JSON.parse('1e400'), null],
    ['less than any double', JSON.parse('-1e400'), null],
  ])('tell an elapsed time by %s', (_, value: unknown, expected) => {
    expect(readStep({ elapsed_time: value }).elapsedTime).toBe(expected);
    expect(readTheRun({ elapsed_time: value }).elapsedTime).toBe(expected);
  });

  it.each([
    ['null', null, null],
    ['0, as always today', 0, 0],
    ['a count', 150, 150],
    ['a fraction, which is no count', 1.5, null],
    ['less than none', -1, null],
    ["more than GraphQL's largest Int", 2 ** 31, 2 ** 31],
    ['more than any double', JSON.parse('1e400'), null],
  ])('tell tokens by %s', (_, value: unknown, expected) => {
    expect(readStep({ tokens: value }).tokens).toBe(expected);
  });

  it.each([null, false, 0, '', 'text', [], {}, { nested: [null] }])('allow a payload of %j', (payload) => {
    const step = readStep({ inputs: payload, outputs: payload, step_metadata: payload }).payload();
    expect([step.inputs, step.outputs, step.metadata]).toEqual([payload, payload, payload]);
    const run = readTheRun({ inputs: payload, outputs: payload }).payload();
    expect([run.inputs, run.outputs]).toEqual([payload, payload]);
  });

  it('allow every field to be absent but id, node and status', () => {
    expect(readSteps(textOf([{ id: 's', node_id: 'n', status: 'running' }])).map(told)).toEqual([
      {
        id: 's',
        nodeId: 'n',
        userId: null,
        organizationId: null,
        rawStatus: 'running',
        startTime: null,
        endTime: null,
        elapsedTime: null,
        error: null,
        inputs: null,
        outputs: null,
        metadata: null,
        unreadable: [],
        tokens: null,
        index: 0,
      },
    ]);
    const record = readRun(textOf([{ id: 'r', status: 'running' }]), 'r');
    expect(record).toEqual({
      id: 'r',
      rawStatus: 'running',
      startTime: null,
      endTime: null,
      elapsedTime: null,
      error: null,
      payload: expect.any(Function),
    });
    expect(record?.payload()).toMatchObject({ inputs: null, outputs: null });
  });

  it('allow unknown fields, which are ignored', () => {
    const extra: unknown = JSON.parse('{"cost": 3, "__proto__": {"id": "evil"}, "constructor": 1, "nodeId": "evil"}');
    expect(told(readStep(extra as Wire))).toEqual(told(readStep({})));
    expect(told(readTheRun(extra as Wire))).toEqual(told(readTheRun({})));
  });

  it('allow any word as a status', () => {
    expect(readStep({ status: 'Archived?' }).rawStatus).toBe('Archived?');
  });
});

describe('the record of a run', () => {
  it('is the one in the array with the id', () => {
    const record = readRun(textOf([wireRun('other'), wireRun('r', { outputs: 'mine' })]), 'r');
    expect(record?.id).toBe('r');
    expect(record?.payload().outputs).toBe('mine');
  });

  it('is null where the array is empty or has only other runs', () => {
    expect(readRun(textOf([]), 'r')).toBeNull();
    expect(readRun(textOf([wireRun('other')]), 'r')).toBeNull();
  });

  it('is not a bare object', () => {
    expect(errorOf(() => readRun(textOf(wireRun('r')), 'r')).message).toBe(
      "the upstream's answer for run is not what its contract says: expected array at $, got object",
    );
  });
});

describe('an answer that violates the contract', () => {
  const asSteps: readonly (readonly [string, unknown, string])[] = [
    ['null', null, 'expected array at $, got null'],
    ['a text', 'SECRET', 'expected array at $, got string'],
    ['an object', { detail: 'SECRET' }, 'expected array at $, got object'],
    ['a list of texts', ['SECRET'], 'expected object at $[0], got string'],
    ['a list of lists', [[wireStep()]], 'expected object at $[0], got array'],
    ['a step without an id', [{ ...wireStep(), id: undefined }], 'expected string at $[0].id, got nothing'],
    ['a step whose id is null', [wireStep({ id: null })], 'expected string at $[0].id, got null'],
    ['a step whose id is a number', [wireStep({ id: 4711 })], 'expected string at $[0].id, got number'],
    ['a step of no node', [wireStep({ node_id: null })], 'expected string at $[0].node_id, got null'],
    ['a status that is an object', [wireStep({ status: { SECRET: 1 } })], 'expected string at $[0].status, got object'],
    ['a time that is a number', [wireStep({ start_time: 4711 })], 'expected string at $[0].start_time, got number'],
    ['a time that is a list', [wireStep({ end_time: ['SECRET'] })], 'expected string at $[0].end_time, got array'],
    [
      'a length that is a text',
      [wireStep({ elapsed_time: 'SECRET' })],
      'expected number at $[0].elapsed_time, got string',
    ],
    [
      'a length called Infinity',
      [wireStep({ elapsed_time: 'Infinity' })],
      'expected number at $[0].elapsed_time, got string',
    ],
    ['a count that is a truth', [wireStep({ tokens: true })], 'expected number at $[0].tokens, got boolean'],
    ['an error that is a number', [wireStep({ error: 4711 })], 'expected string at $[0].error, got number'],
  ];

  it.each(asSteps)('such as %s is rejected with position and types, never with the value', (_, json, problem) => {
    const error = errorOf(() => readSteps(textOf(json)));
    expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION', details: {}, isRetryable: false });
    expect(error.message).toBe(`the upstream's answer for steps is not what its contract says: ${problem}`);
    expect(error.cause).toBeUndefined();
  });
});

describe('an entry of the steps that can not be read', () => {
  it('is an error of itself alone, beside any that can', () => {
    const steps = readSteps(textOf([wireStep({ id: 'a' }), 7, wireStep({ id: 'b' }), [wireStep()]]));
    expect(steps.map(({ id, index }) => [id, index])).toEqual([
      ['a', 0],
      ['', 1],
      ['b', 2],
      ['', 3],
    ]);
    const violation = "the upstream's answer for steps is not what its contract says:";
    expect(steps.map(({ problem }) => problem)).toEqual([
      undefined,
      `${violation} expected object at $[1], got number`,
      undefined,
      `${violation} expected object at $[3], got array`,
    ]);
  });
});

describe('for any JSON', () => {
  /** No message of the gateway contains it: a message that does took it from the answer. */
  const MARK = '§';
  const marked = fc.string({ maxLength: 8 }).map((text) => `${MARK}${text}`);
  const leaf = fc.oneof(marked, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  const fieldNames = [...Object.keys(wireStep()), ...Object.keys(wireRun('r'))];
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...fieldNames), marked), tie('any'), { maxKeys: 6 }),
    ),
  }));
  /** Steps or records with a few arbitrary fields. */
  const nearly = fc.array(
    fc.dictionary(fc.constantFrom(...fieldNames), any, { maxKeys: 3 }).map((fields) => ({ ...wireStep(), ...fields })),
    { maxLength: 4 },
  );

  it.each([
    ['readSteps', (json: unknown) => readSteps(textOf(json))],
    ['readRun', (json: unknown) => readRun(textOf(json), 'step-1')],
  ])('%s answers, or throws UPSTREAM_CONTRACT_VIOLATION without a word of what came', (_, read) => {
    let answers = 0;
    let violations = 0;
    fc.assert(
      fc.property(fc.oneof(any, nearly), (json) => {
        try {
          read(json);
          answers += 1;
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          expect(error.code).toBe('UPSTREAM_CONTRACT_VIOLATION');
          expect(error.message).not.toContain(MARK);
          expect(error.message).toMatch(/: expected \w+ at \$(\[\d+\])?(\.\w+)?, got \w+$/);
          violations += 1;
        }
      }),
      { numRuns: 1000, seed: 20_261_124 },
    );
    // Both outcomes occurred.
    expect(answers).toBeGreaterThan(20);
    expect(violations).toBeGreaterThan(20);
  });

  it('readSteps returns facts that satisfy the assumptions of the domain', () => {
    fc.assert(
      fc.property(nearly, (json) => {
        let steps;
        try {
          steps = readSteps(textOf(json));
        } catch {
          return;
        }
        expect(steps.map(({ index }) => index)).toEqual([...json.keys()]);
        for (const { elapsedTime, tokens, startTime, endTime, error } of steps) {
          for (const count of [elapsedTime, tokens]) {
            if (count !== null) expect(count >= 0 && Number.isInteger(count)).toBe(true);
          }
          for (const time of [startTime, endTime]) if (time) expect(Number.isSafeInteger(time.epochMicros)).toBe(true);
          expect(error).not.toBe('');
        }
      }),
      { numRuns: 500, seed: 20_261_124 },
    );
  });
});
