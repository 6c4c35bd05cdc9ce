import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { CountedDeviation } from '../../src/observability/deviations.ts';
import { NOT_FINITE } from '../../src/domain/json.ts';
import * as contract from '../../src/upstream/contract.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { ownCopy } from '../../src/upstream/transport/own-bytes.ts';
import { createDeviations } from '../../src/upstream/wire/deviations.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { told, valuesOf } from '../support/facts.ts';
import { bodyOf, rawJSON, type Wire, wireRun, wireStep } from '../harness/wire.ts';
import { answerOf, jsonIn, readRun, readRuns, readSteps, readWorkflows } from '../support/read-wire.ts';

const readStep = (fields: Wire) => {
  const [step] = readSteps(answerOf([wireStep(fields)]));
  if (!step) throw new Error('expected a step');
  return step;
};

const readTheRun = (fields: Wire) => {
  const run = readRun(answerOf([wireRun('r', fields)]), 'r');
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
    const [step, next] = readSteps(answerOf(json));
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
      tokens: 7,
      index: 0,
    });
    expect(next?.index).toBe(1);
  });

  it('may be an empty list', () => {
    expect(readSteps(answerOf([]))).toEqual([]);
  });

  it('keep payloads as text until they are read, each field by itself', () => {
    const text = (field: string) => `the ${field} of a step`;
    const payload = { inputs: text('inputs'), outputs: text('outputs'), step_metadata: text('metadata') };
    const parse = jest.spyOn(JSON, 'parse');
    const parsed = () => parse.mock.calls.map(([json]) => json).filter((json) => json.includes('of a step'));
    try {
      const [step] = readSteps(answerOf([wireStep(payload)]));
      const [record] = readRuns(answerOf([wireRun('r', { ...payload, all_outputs: text('nodes') })]));
      expect(parsed()).toEqual([]);
      expect([step?.payload.outputs?.read(), record?.payload.inputs?.read()]).toEqual([
        text('outputs'),
        text('inputs'),
      ]);
      expect(parsed()).toEqual([JSON.stringify(text('outputs')), JSON.stringify(text('inputs'))]);
    } finally {
      parse.mockRestore();
    }
  });
});

describe('a record of a list', () => {
  /** Functions of their own: the frame of the test would keep the page alive. */
  function readSecondOf(runs: readonly unknown[]) {
    const page = ownCopy(bodyOf(runs));
    const records = readRuns(jsonIn(page));
    return { record: records[1], memory: new WeakRef(page.buffer) };
  }

  it('keeps its own text alone, whatever is kept of the page that it came in', async () => {
    const { record, memory } = readSecondOf(['a', 'b', 'c'].map((id) => wireRun(id, { outputs: `of ${id}` })));
    await setImmediate();
    collectGarbage();
    expect(memory.deref()).toBeUndefined();
    expect(record?.id).toBe('b');
    expect(record && valuesOf(record.payload)).toMatchObject({ outputs: 'of b', inputs: { order: 7 } });
  });

  it('is read where it was asked for: no more are, however many come', () => {
    const runs = answerOf([
      ...['a', 'b'].map((id) => wireRun(id, { outputs: `of ${id}` })),
      ...new Array<number>(25_001).fill(0),
    ]);
    const outputs: unknown[] = [];
    const deviations = deviationsOf((add) => {
      outputs.push(...readRuns(runs, 2, add).map((record) => record.payload.outputs?.read()));
    });
    expect(outputs).toEqual(['of a', 'of b']);
    expect(deviations).toEqual(['runs read: expected at most 2 items, got more, 1']);
  });

  it('has a text of its own size, and numbers as they are written', () => {
    const long = wireRun('b', { outputs: rawJSON('12345678901234567890'), inputs: { at: rawJSON('1e400') } });
    const { record } = readSecondOf([wireRun('a'), long, wireRun('c')]);
    expect(record?.payload.outputs?.read()).toBe('12345678901234567890');
    expect(record?.payload.inputs?.problem).toBe(NOT_FINITE);
    expect(record?.payload.heldBytes).toBe(Buffer.byteLength(JSON.stringify(long)));
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
    ['seconds since 1970', 1_741_833_675, '2025-03-13T02:41:15Z'],
    ['seconds since 1970 as text', '1741833675', '2025-03-13T02:41:15Z'],
    ['seconds with a fraction', 1_741_833_675.144_47, '2025-03-13T02:41:15.144470Z'],
    ['milliseconds since 1970', 1_741_833_675_144, '2025-03-13T02:41:15.144Z'],
    ['milliseconds as text', '1741833675144', '2025-03-13T02:41:15.144Z'],
    ['milliseconds with a fraction', 1_741_833_675_144.5, '2025-03-13T02:41:15.144500Z'],
    ['0, as services write that know no time', 0, null],
    ['a number that is no moment of a run', 20_250_313, null],
    ['microseconds', 1_741_833_675_144_470, null],
    ['less than any double', JSON.parse('-1e400'), null],
    ['a truth', true, null],
    ['a list', ['2025-03-12T00:59:55Z'], null],
  ])('tell a time by %s', (_, value: unknown, text) => {
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
    ['a text', '2', 2],
    ['a fraction as text', ' 2.75 ', 2],
    ['a word', 'Infinity', null],
    ['hexadecimal digits', '0x10', null],
    ['a blank', ' ', null],
    ['an empty text', '', null],
    ['a truth', true, null],
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
    ['a text', '150', 150],
    ['a fraction as text', '1.5', null],
    ['a truth', true, null],
  ])('tell tokens by %s', (_, value: unknown, expected) => {
    expect(readStep({ tokens: value }).tokens).toBe(expected);
  });

  it.each([null, false, 0, '', 'text', [], {}, { nested: [null] }])('allow a payload of %j', (payload) => {
    const step = readStep({ inputs: payload, outputs: payload, step_metadata: payload });
    expect(valuesOf(step.payload)).toEqual({ inputs: payload, outputs: payload, metadata: payload });
    const run = readTheRun({ inputs: payload, outputs: payload });
    expect(valuesOf(run.payload)).toEqual({ inputs: payload, outputs: payload, metadata: null });
  });

  it('allow every field to be absent but id, node and status', () => {
    expect(readSteps(answerOf([{ id: 's', node_id: 'n', status: 'running' }])).map(told)).toEqual([
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
        tokens: null,
        index: 0,
      },
    ]);
    const record = readRun(answerOf([{ id: 'r', status: 'running' }]), 'r');
    expect(record).toEqual({
      id: 'r',
      rawStatus: 'running',
      startTime: null,
      endTime: null,
      elapsedTime: null,
      error: null,
      payload: { inputs: null, outputs: null, metadata: null, heldBytes: 31 },
    });
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

describe('the items of a list', () => {
  it('are read one by one, so that others are answered in between', () => {
    const list = (item: Wire) => answerOf(Array.from({ length: 100 }, () => item));
    for (const work of [
      contract.readSteps(list(wireStep())),
      contract.readRun(list(wireRun('r')), 'r'),
      contract.readRuns(list(wireRun('r'))),
      contract.readWorkflows(list(wireWorkflow('wf'))),
    ]) {
      let pieces = 0;
      while (work.next().done !== true) pieces += 1;
      expect(pieces).toBe(100);
    }
  });

  it('are told from other objects by any one of the fields that name them', () => {
    const isRead = (read: () => unknown) => {
      try {
        read();
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION' });
        return false;
      }
    };
    const fields = fc.subarray(['id', 'node_id', 'status', 'workflow_id', 'message']);
    fc.assert(
      fc.property(fields, (keys) => {
        const list = answerOf([Object.fromEntries(keys.map((key) => [key, 'x']))]);
        const hasOne = (...names: readonly string[]) => names.some((name) => keys.includes(name));
        expect(isRead(() => readSteps(list))).toBe(hasOne('id', 'node_id', 'status'));
        expect(isRead(() => readRuns(list))).toBe(hasOne('id', 'status'));
        expect(isRead(() => readRun(list, 'x'))).toBe(hasOne('id', 'status'));
        expect(isRead(() => readWorkflows(list))).toBe(hasOne('workflow_id'));
      }),
    );
  });
});

describe('the workflows on the wire', () => {
  it('are read into facts', () => {
    const json = {
      workflow_id: 'wf',
      name: 'Triage',
      description: 'of letters',
      status: 'active',
      version: 3,
      public: false,
      organization_id: 'org-1',
      created_at: '2025-03-13T02:41:15Z',
      updated_at: '2025-03-13T02:41:16Z',
      graph: { nodes: { a: { type: 'model' } }, edges: [['START', 'a']] },
    };
    const [workflow, bare] = readWorkflows(answerOf([json, { workflow_id: 'bare' }]));
    expect(workflow).toMatchObject({
      id: 'wf',
      name: 'Triage',
      description: 'of letters',
      status: 'active',
      version: '3',
      isPublic: false,
      organizationId: 'org-1',
      createdAt: { text: json.created_at },
      updatedAt: { text: json.updated_at },
      graph: { nodes: [{ id: 'a', type: 'model', description: null }], edges: [], entry: 'a', finish: null },
    });
    expect(Object.entries(bare ?? {}).filter(([, value]) => value !== null)).toEqual([['id', 'bare']]);
  });
});

describe('a started run', () => {
  it('has an id, and maybe a message', () => {
    expect(contract.readStartedRun(answerOf({ run_id: 'r', message: 'started' }))).toEqual({
      runId: 'r',
      message: 'started',
    });
    expect(contract.readStartedRun(answerOf({ run_id: 7 }))).toEqual({ runId: '7', message: null });
    expect(contract.readStartedRun(answerOf({ run_id: rawJSON('12345678901234567891') })).runId).toBe(
      '12345678901234567891',
    );
    const of = (problem: string) =>
      `the upstream's answer for execute is not what its contract says: expected ${problem}`;
    for (const [json, problem] of [
      [{}, of('string at $.run_id, got nothing')],
      [{ run_id: {} }, of('string at $.run_id, got object')],
      [[{ run_id: 'r' }], of('object at $, got array')],
      ['SECRET', of('object at $, got string')],
    ] as const) {
      expect(errorOf(() => contract.readStartedRun(answerOf(json)))).toMatchObject({
        code: 'UPSTREAM_CONTRACT_VIOLATION',
        message: problem,
      });
    }
    expect(deviationsOf((add) => contract.readStartedRun(answerOf({ run_id: 7, message: 8 }), add))).toEqual([
      'execute.run_id read: expected string, got number, 1',
      'execute.message read: expected string, got number, 1',
    ]);
  });
});

describe('the record of a run', () => {
  it('is the one in the array with the id', () => {
    const record = readRun(answerOf([wireRun('other'), wireRun('r', { outputs: 'mine' })]), 'r');
    expect(record?.id).toBe('r');
    expect(record?.payload.outputs?.read()).toBe('mine');
  });

  it('is null where the array is empty or has only other runs', () => {
    expect(readRun(answerOf([]), 'r')).toBeNull();
    expect(readRun(answerOf([wireRun('other')]), 'r')).toBeNull();
  });

  it('may be a bare object, if it looks like a record', () => {
    const bare = answerOf(wireRun('r', { outputs: 'mine' }));
    expect(deviationsOf((add) => readRun(bare, 'r', add))).toEqual(['run read: expected array, got object, 1']);
    const record = readRun(bare, 'r');
    expect(record?.id).toBe('r');
    expect(record?.payload.outputs?.read()).toBe('mine');
    expect(readRun(answerOf(wireRun('other')), 'r')).toBeNull();
    const odd = answerOf(wireRun('r', { elapsed_time: '2' }));
    expect(deviationsOf((add) => readRun(odd, 'r', add))).toContain(
      'run[].elapsed_time read: expected whole number, got string, 1',
    );
    expect(errorOf(() => readRun(answerOf({ detail: 'SECRET' }), 'r')).message).toBe(
      "the upstream's answer for run is not what its contract says: expected array at $, got object",
    );
  });

  it('must be in a list where there may be several', () => {
    for (const read of [readSteps, readRuns]) {
      expect(errorOf(() => read(answerOf(wireStep()))).message).toMatch(/expected array at \$, got object$/);
    }
  });

  it('is that of the run where it is the only one and has no id', () => {
    expect(readRun(answerOf([{ status: 'completed' }]), 'r')?.id).toBe('r');
    expect(readRun(answerOf([{ status: 'completed' }, { status: 'failed' }]), 'r')).toBeNull();
    expect(errorOf(() => readRun(answerOf([{ detail: 'SECRET' }]), 'r')).message).toMatch(/expected run at \$\[0\]/);
  });
});

describe('an answer that violates the contract', () => {
  const asSteps: readonly (readonly [string, unknown, string])[] = [
    ['null', null, 'expected array at $, got null'],
    ['a text', 'SECRET', 'expected array at $, got string'],
    ['an object', { detail: 'SECRET' }, 'expected array at $, got object'],
    ['a list of texts', ['SECRET'], 'expected step at $[0], got string'],
    ['a list of lists', [[wireStep()], null], 'expected step at $[0], got array'],
    ['a list of other objects', [{ detail: 'SECRET' }], 'expected step at $[0], got object'],
  ];

  it('such as a list of more than 25,000 items is rejected, whatever they are', () => {
    const items = (count: number) => answerOf([wireStep(), ...Array.from({ length: count - 1 }, () => 0)]);
    expect(readSteps(items(25_000))).toHaveLength(25_000);
    expect(errorOf(() => readSteps(items(25_001)))).toMatchObject({
      code: 'UPSTREAM_CONTRACT_VIOLATION',
      message: "the upstream's answer for steps has more than 25000 items",
    });
  });

  it.each(asSteps)('such as %s is rejected with position and types, never with the value', (_, json, problem) => {
    const error = errorOf(() => readSteps(answerOf(json)));
    expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION', details: {}, isRetryable: false });
    expect(error.message).toBe(`the upstream's answer for steps is not what its contract says: ${problem}`);
    expect(error.cause).toBeUndefined();
  });

  it('is said to be of runs or of workflows where it is an answer to their call', () => {
    const messages = [readRuns, readWorkflows].map((read) => errorOf(() => read(answerOf([7]))).message);
    const what = 'is not what its contract says: expected';
    expect(messages).toEqual([
      `the upstream's answer for runs ${what} run at $[0], got number`,
      `the upstream's answer for workflows ${what} workflow at $[0], got number`,
    ]);
  });
});

/** Of a step that can't be read. */
const NO_FACTS = {
  id: '',
  nodeId: '',
  userId: null,
  organizationId: null,
  rawStatus: '',
  startTime: null,
  endTime: null,
  elapsedTime: null,
  error: null,
  inputs: null,
  outputs: null,
  metadata: null,
  tokens: null,
};

/** The deviations that a reader reports, as `field outcome: expected …, got …, count`. */
const deviationsOf = (read: (add: ReturnType<typeof createDeviations>['add']) => unknown): string[] => {
  const deviations = createDeviations();
  read(deviations.add);
  return deviations.found().map(tell);
};
const tell = ({ field, outcome, expected, got, count }: CountedDeviation) =>
  `${field} ${outcome}: expected ${expected}, got ${got}, ${count}`;

describe('a deviation', () => {
  it('is not reported of tidy answers', () => {
    const steps = [wireStep(), wireStep({ status: 'in_progress', end_time: '', error: '', elapsed_time: null })];
    expect(deviationsOf((add) => readSteps(answerOf(steps), 'r', add))).toEqual([]);
    expect(deviationsOf((add) => readSteps(answerOf([]), 'r', add))).toEqual([]);
    expect(deviationsOf((add) => readRun(answerOf([wireRun('r')]), 'r', add))).toEqual([]);
    expect(deviationsOf((add) => readRuns(answerOf([wireRun('r')]), 1, add))).toEqual([]);
    expect(deviationsOf((add) => readWorkflows(answerOf([wireWorkflow('wf')]), add))).toEqual([]);
    expect(deviationsOf((add) => contract.readStartedRun(answerOf({ run_id: 'r', message: 'started' }), add))).toEqual(
      [],
    );
  });

  it('is counted by field and outcome, with the types of the first', () => {
    const steps = [
      wireStep({ elapsed_time: '2', tokens: {}, user_id: 7 }),
      wireStep({ elapsed_time: '3', tokens: '1', user_id: [] }),
      wireStep({ elapsed_time: 2.5, start_time: 'SECRET', end_time: '2025-03-13T02:41:17' }),
    ];
    expect(deviationsOf((add) => readSteps(answerOf(steps), 'r', add))).toEqual([
      'steps[].user_id read: expected string, got number, 1',
      'steps[].elapsed_time read: expected whole number, got string, 3',
      'steps[].tokens lost: expected whole number, got object, 1',
      'steps[].user_id lost: expected string, got array, 1',
      'steps[].tokens read: expected whole number, got string, 1',
      'steps[].start_time lost: expected ISO 8601 time with a zone, got other text, 1',
      'steps[].end_time read: expected ISO 8601 time with a zone, got no zone, 1',
    ]);
  });

  it('is a status that is missing or not known, in which case the word is passed on', () => {
    const steps = ['timed_out', 'Timed-Out', 'SECRET', 3, null, { SECRET: 1 }].map((status) => wireStep({ status }));
    const deviations = deviationsOf((add) => {
      const words = readSteps(answerOf(steps), 'r', add).map(({ rawStatus }) => rawStatus);
      expect(words).toEqual(['timed_out', 'Timed-Out', 'SECRET', '3', '', '']);
    });
    expect(deviations).toEqual(['steps[].status lost: expected known status, got another word, 4']);
  });

  it('is a field that is longer than is read, of whatever type: an error says so', () => {
    const long = ['x'.repeat(4095), Array.from({ length: 2100 }, () => [])];
    const names = ['id', 'node_id', 'status', 'start_time', 'elapsed_time', 'tokens', 'user_id', 'organization_id'];
    const errors = ['x', 'x'.repeat(262_143), ['x'.repeat(262_139)], { a: 'x'.repeat(262_140) }];
    const steps = [
      ...long.map((value) => wireStep(Object.fromEntries(names.map((name) => [name, value])))),
      ...errors.map((error) => wireStep({ error })),
    ];
    const TOO_LONG = '(an error that is longer than 256 KiB)';
    const deviations = deviationsOf((add) => {
      const [first, second, ...others] = readSteps(answerOf(steps), 'r', add);
      const facts = { rawStatus: '', startTime: null, elapsedTime: null, tokens: null, userId: null };
      expect(first && told(first)).toMatchObject({ ...facts, id: 'r#0', nodeId: 'r#0', endTime: expect.anything() });
      expect(second && told(second)).toMatchObject({ ...facts, id: 'r#1', nodeId: 'r#1' });
      const read = others.map(({ error }) => (error === TOO_LONG ? error : error?.length));
      expect(read).toEqual([1, TOO_LONG, 262_143, TOO_LONG]);
    });
    const [fields, ofErrors] = [deviations.slice(0, -1), deviations.at(-1)];
    expect(fields.map((each) => each.replace(/expected .*, got/, 'got'))).toEqual(
      ['id', 'node_id', 'user_id', 'organization_id', 'status', 'start_time', 'elapsed_time', 'tokens'].map(
        (name) => `steps[].${name} lost: got a longer value, 2`,
      ),
    );
    expect(ofErrors).toBe('steps[].error lost: expected string, got a longer value, 2');
  });

  it('is a graph of too many nodes or edges, or one that takes too long: it is null', () => {
    const nodes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, {}]));
    const edges = (count: number) => Array.from({ length: count }, () => ['n0', 'n1']);
    const graphs = [
      { nodes: nodes(10_000), edges: edges(10_000) },
      { nodes: nodes(10_001) },
      { edges: edges(10_001) },
      { nodes: {}, other: Array.from({ length: 2 ** 18 }, () => []) },
      { nodes: { a: { metadata: 'x'.repeat(2 ** 22) } } },
    ];
    const deviations = deviationsOf((add) => {
      const workflows = readWorkflows(answerOf(graphs.map((graph, at) => wireWorkflow(`w${at}`, { graph }))), add);
      const sizes = workflows.map(({ graph }) => graph && [graph.nodes.length, graph.edges.length]);
      expect(sizes).toEqual([[10_000, 10_000], null, null, null, null]);
    });
    expect(deviations).toEqual(['workflows[].graph lost: expected at most 10000 nodes and edges, got more, 4']);
  });

  it('is an id that can not be read: of a step that of its position stands in', () => {
    const ids = ['a', 7, null, '', { SECRET: 1 }, 1.5, true];
    const steps = ids.map((id) => wireStep({ id, node_id: id }));
    const read = readSteps(answerOf(steps), 'r');
    expect(read.map(({ id }) => id)).toEqual(['a', '7', 'r#2', 'r#3', 'r#4', 'r#5', 'r#6']);
    expect(read.map(({ nodeId }) => nodeId)).toEqual(read.map(({ id }) => id));
  });

  it('is an item of another kind: a step marked as unreadable, a record without an id, no workflow at all', () => {
    const items = ['SECRET', null, [7], { detail: 'SECRET', outputs: 'SECRET' }];
    const steps = readSteps(answerOf([wireStep(), ...items, wireStep({ id: 'last' })]), 'r');
    const violation = "the upstream's answer for steps is not what its contract says:";
    expect(steps.map(({ problem }) => problem)).toEqual([
      undefined,
      ...['string', 'null', 'array', 'object'].map(
        (type, index) => `${violation} expected step at $[${index + 1}], got ${type}`,
      ),
      undefined,
    ]);
    for (const step of steps.slice(1, 5)) expect(told(step)).toMatchObject(NO_FACTS);

    const records = readRuns(answerOf([...items, wireRun('r')]));
    expect(records.map(({ id }) => id)).toEqual(['', '', '', '', 'r']);
    for (const { rawStatus, startTime } of records.slice(0, 4)) expect([rawStatus, startTime]).toEqual(['', null]);
    const workflows = readWorkflows(answerOf([...items, wireWorkflow('wf'), wireWorkflow(null as unknown as string)]));
    expect(workflows.map(({ id }) => id)).toEqual(['wf']);
    expect(deviationsOf((add) => readSteps(answerOf([wireStep(), ...items]), 'r', add))).toEqual([
      'steps[] lost: expected step, got string, 4',
    ]);
  });

  it('is a part of a graph that can not be read, while the rest of the graph is', () => {
    const graph = { nodes: { a: {}, b: 7 }, edges: [['START', 'a'], 'SECRET', ['a', 'b'], ['b']], entry_point: 4 };
    const deviations = deviationsOf((add) => {
      const [workflow] = readWorkflows(answerOf([wireWorkflow('wf', { graph, public: 'true' })]), add);
      expect(workflow).toMatchObject({ isPublic: true, graph: { edges: [{ from: 'a', to: 'b' }], entry: '4' } });
    });
    expect(deviations).toEqual([
      'workflows[].public read: expected boolean, got string, 1',
      'workflows[].graph.edges[] lost: expected pair of strings, got string, 2',
      'workflows[].graph.nodes[] lost: expected object, got number, 1',
      'workflows[].graph.entry_point read: expected string, got number, 1',
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
  /** All that a deviation of steps may name: its own words, whatever came. */
  const FIELDS = ['steps[]', ...Object.keys(wireStep()).map((name) => `steps[].${name}`)];
  /** Steps or records with a few arbitrary fields. */
  const nearly = fc.array(
    fc.dictionary(fc.constantFrom(...fieldNames), any, { maxKeys: 3 }).map((fields) => ({ ...wireStep(), ...fields })),
    { maxLength: 4 },
  );

  it.each([
    ['readSteps', (json: unknown) => readSteps(answerOf(json))],
    ['readRun', (json: unknown) => readRun(answerOf(json), 'step-1')],
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
          expect(error.message).toMatch(/: expected \w+ at \$(\[0\])?, got \w+$/);
          violations += 1;
        }
      }),
      { numRuns: 400, seed: 20_261_124 },
    );
    // Both outcomes occurred.
    expect(answers).toBeGreaterThan(20);
    expect(violations).toBeGreaterThan(20);
  });

  it('an item never changes what is read of its neighbours', () => {
    const [first, last] = [wireStep({ id: 'first' }), wireStep({ id: 'last', status: 'failed', end_time: null })];
    const alone = readSteps(answerOf([first, {}, last]), 'r').map(told);
    fc.assert(
      fc.property(
        fc.oneof(
          any,
          nearly.map(([item]) => item),
        ),
        (item = null) => {
          const steps = readSteps(answerOf([first, item, last]), 'r');
          expect([steps[0], steps[2]].map((step) => step && told(step))).toEqual([alone[0], alone[2]]);
          expect(steps).toHaveLength(3);
          const records = readRuns(answerOf([wireRun('r1'), item, wireRun('r2')]));
          expect([records[0]?.id, records[2]?.id]).toEqual(['r1', 'r2']);
          const workflows = readWorkflows(answerOf([wireWorkflow('a'), item, wireWorkflow('b')]));
          expect([workflows[0]?.id, workflows.at(-1)?.id]).toEqual(['a', 'b']);
        },
      ),
      { numRuns: 400, seed: 20_261_124 },
    );
  });

  it('readSteps returns facts that satisfy the assumptions of the domain', () => {
    fc.assert(
      fc.property(nearly, (json) => {
        const { add, found } = createDeviations();
        const steps = readSteps(answerOf(json), 'r', add);
        for (const { field } of found()) expect(FIELDS).toContain(field);
        expect(steps.map(({ index }) => index)).toEqual([...json.keys()]);
        for (const { elapsedTime, tokens, startTime, endTime, error } of steps) {
          for (const count of [elapsedTime, tokens]) {
            if (count !== null) expect(count >= 0 && Number.isInteger(count)).toBe(true);
          }
          for (const time of [startTime, endTime]) if (time) expect(Number.isSafeInteger(time.epochMicros)).toBe(true);
          expect(error).not.toBe('');
        }
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
  });
});
