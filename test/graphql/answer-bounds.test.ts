import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Budgets } from '../../src/graphql/budgets.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { codesOf, ofRun, repeat } from '../harness/operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

/** Parsed, known, compiled. Answers with errors are not cached. */
const TIMES = [1, 2, 3];
const hundred = <T>(make: (index: number) => T): readonly T[] => Array.from({ length: 100 }, (_, index) => make(index));
/** A field that fails in each step. */
const failing = (count: number) => repeat(count, (index) => `a${index}: outputs(path: "abs(x)")`);
/** A path that visits all values of a list once for each projection. */
const longPath = (projections: number) => `items${'|[*]'.repeat(projections)}`;
const WAS_EXECUTED = "The mutation was executed; don't send it again";

describe('a response', () => {
  let steps: readonly unknown[];

  const upstream = perBlock(
    new ScriptedUpstream(({ endpoint, runId }) => {
      if (endpoint === 'execute') return { json: { run_id: 'r1', message: 'accepted' } };
      if (endpoint === 'runs') return { json: hundred((index) => wireRun(`r${index}`)) };
      if (endpoint === 'run') return { json: [wireRun(runId)] };
      if (endpoint !== 'steps' || /^r[1-9]\d/.test(runId)) return { status: 404, json: {} };
      return { json: runId === 'small' ? steps.slice(0, 2) : steps };
    }),
  );
  const gateway = perTest(new TestGateway({ upstream }));
  beforeEach(() => {
    steps = hundred((index) => wireStep({ id: `s${index}` }));
  });

  it('stops with a million nested objects at MAX_OPERATION_OBJECTS', async () => {
    const page = (fields: string) => `runs(first: 100) { nodes { workflow { ${fields} } } }`;
    const query = `{ workflow(id: "wf") { name: id ${page(page(page('id')))} } }`;
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(query);
      expect({ time, codes: [...new Set(codesOf({ errors }))] }).toEqual({ time, codes: ['ANSWER_TOO_LARGE'] });
      const answered = JSON.stringify(data).split('"nodes":[').length - 1;
      // The first page, and the pages of its workflows until the limit is reached.
      expect(answered).toBeGreaterThan(1);
      expect(answered).toBeLessThanOrEqual(101);
    }
  });

  it('reports each failed field up to 5000, and one error beyond', async () => {
    for (const time of TIMES) {
      const few = await gateway.query(ofRun(`steps { ${failing(50)} }`));
      expect({ time, errors: few.errors.length }).toEqual({ time, errors: 5000 });
    }
    const { data, errors } = await gateway.query(ofRun(`steps { ${failing(51)} }`));
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { message: expect.stringContaining('More than 5000 fields failed'), extensions: { code: 'ANSWER_TOO_LARGE' } },
    ]);
  });

  it.each([
    [
      'lists beyond the budget of objects',
      'run(workflowId: "wf", id: "r1") { steps {',
      'conversation { messages { role } }',
    ],
    ['runs without steps', 'workflow(id: "wf") { runs(first: 100) { nodes {', 'stepCounts { total }'],
    ['nodes without the list of workflows', 'run(workflowId: "wf", id: "r1") { steps {', 'node { id }'],
    ['steps that cannot be read', 'run(workflowId: "wf", id: "r2") {', 'steps { id }'],
  ])('has a single error if thousands of fields fail: %s', async (name, before, field) => {
    const messages = Array.from({ length: 200 }, () => ({ role: 'user', content: 'hi' }));
    steps = name.startsWith('steps')
      ? [wireStep(), ...hundred(() => 5)]
      : hundred((index) => wireStep({ id: `s${index}`, inputs: { messages } }));
    await gateway.restart({ env: { MAX_OPERATION_OBJECTS: '14000' } });
    const query = `{ ${before} ${repeat(60, (index) => `a${index}: ${field}`)} ${'} '.repeat(before.split('{').length)}`;
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(query);
      expect({ time, data, count: errors.length }).toEqual({ time, data: null, count: 1 });
      expect(errors[0]?.message).toContain('More than 5000 fields failed');
    }
  });

  it('counts objects while building: an overlong list fails, the rest is returned', async () => {
    steps = Array.from({ length: 5000 }, (_, index) => wireStep({ id: `s${index}` }));
    const lists = repeat(6, (index) => `a${index}: steps { id errorInfo { message } }`);
    const query = `{
      small: run(workflowId: "wf", id: "small") { status steps { id } }
      large: run(workflowId: "wf", id: "r1") { status totalElapsedTime ${lists} }
    }`;
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(query);
      expect({ time, data }).toMatchObject({
        data: {
          small: { status: 'COMPLETED', steps: [{ id: 's0' }, { id: 's1' }] },
          large: { totalElapsedTime: 10_000 },
        },
      });
      expect(errors.length).toBeGreaterThan(0);
      for (const { path, extensions } of errors) {
        expect([path?.[0], extensions.code]).toEqual(['large', 'ANSWER_TOO_LARGE']);
      }
    }
    const { data, errors } = await gateway.query(ofRun('steps { id }'));
    expect(errors).toEqual([]);
    expect((data as { run: { steps: unknown[] } }).run.steps).toHaveLength(5000);
  });

  it.each([
    ['statistics', 'workflow(id: "wf") { $: statistics(last: @) { nodes { executionCount } } }'],
    ['a comparison', 'compareRuns(workflowId: "wf", baseId: "r@", headId: "r1") { tokenDelta }'],
  ])('counts the steps that %s reads each time', async (_, field) => {
    await gateway.restart({ env: { MAX_OPERATION_OBJECTS: '100' } });
    const query = (count: number) =>
      `{ ${repeat(count, (at) => `a${at}: ${field.replace('$', `b${at}`).replace('@', String(at + 1))}`)} }`;
    expect(codesOf(await gateway.query(query(2)))).toEqual([]);
    expect(codesOf(await gateway.query(query(6)))).toContain('ANSWER_TOO_LARGE');
  });

  it.each([
    ['id', 201, 100],
    // Ten more fields weigh as much as one more object.
    [repeat(10, (index) => `a${index}: id`), 201, 50],
    ['...F', 201, 50],
    // An object in an item weighs as much as the item.
    ['previousAttempt { id }', 201, 50],
  ])('weighs list items by their selected fields: %s', async (selected, maximum, fitting) => {
    const ten = repeat(10, (index) => `a${index}: id`);
    const fragment = selected === '...F' ? ` fragment F on Step { ${ten} }` : '';
    await gateway.restart({ env: { MAX_OPERATION_OBJECTS: String(maximum) } });
    const codesFor = async (count: number) => {
      steps = Array.from({ length: count }, (_, index) => wireStep({ id: `s${index}`, node_id: `n${index}` }));
      const query = `{ run(workflowId: "wf", id: "r1") { a: steps { ${selected} } b: steps { ${selected} } } }${fragment}`;
      return codesOf(await gateway.query(query, { key: `key-${count}` }));
    };
    expect(await codesFor(fitting)).toEqual([]);
    expect(await codesFor(fitting + 1)).toEqual(['ANSWER_TOO_LARGE']);
  });

  it.each([
    ['its size', '1024', 'outputs'],
    ['the number of its failures', '1000000', failing(51)],
  ])('keeps ids and message of a mutation whose response exceeds %s', async (_, max, fields) => {
    await gateway.restart({ env: { MAX_ANSWER_BYTES: max } });
    const before = upstream.count('execute');
    for (let time = 1; time <= 3; time += 1) {
      const run = `...R workflow { run(id: "r1") { steps { ${fields} } } }`;
      const query = `mutation { start: executeWorkflow(workflowId: "wf") { message run { ${run} } } } fragment R on Run { key: id freshness { isStale } }`;
      const { data, errors } = await gateway.query(query);
      const kept = { key: 'r1', freshness: { isStale: false }, workflow: { run: null } };
      expect(data).toEqual({ start: { message: 'accepted', run: kept } });
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining(WAS_EXECUTED),
          path: ['start', 'run', 'workflow', 'run'],
          extensions: { code: 'ANSWER_TOO_LARGE', retryable: false },
        },
      ]);
      expect(upstream.count('execute')).toBe(before + time);
    }
  });

  it.each([
    ['objects', '40', 'id elapsedTime'],
    ['JMESPath steps', '1000', `id elapsedTime outputs(path: "${longPath(25)}")`],
  ])('counts %s once, even with a number out of range', async (_, maxObjects, fields) => {
    await gateway.restart({ env: { MAX_OPERATION_OBJECTS: maxObjects } });
    const outputs = { items: Array.from({ length: 2000 }, (__, index) => (index * 7919) % 2003) };
    steps = Array.from({ length: 30 }, (__, index) =>
      wireStep({ id: `s${index}`, outputs, elapsed_time: index === 7 ? 2 ** 40 : 1 }),
    );
    for (const time of TIMES) {
      const { errors } = await gateway.query(ofRun(`steps { ${fields} }`));
      expect({ time, errors }).toMatchObject({
        errors: [{ path: ['run', 'steps', 7, 'elapsedTime'], extensions: { code: 'NUMBER_OUT_OF_RANGE' } }],
      });
    }
  });

  it('shares one budget of JMESPath steps between aliases, steps and runs', async () => {
    const items = Array.from({ length: 2000 }, (_, index) => (index * 7919) % 2003);
    steps = Array.from({ length: 10 }, (_, index) => wireStep({ id: `s${index}`, outputs: { items } }));
    const paths = repeat(20, (index) => `p${index}: outputs(path: "${longPath(20)}|[${index}]")`);
    const query = `{ workflow(id: "wf") { runsById(ids: ["r1", "r2", "r3"]) { status steps { id ${paths} } } } }`;
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(query);
      const { runsById } = (data as { workflow: { runsById: { status: string; steps: Record<string, unknown>[] }[] } })
        .workflow;
      const values = runsById.flatMap((run) =>
        run.steps.flatMap((step) => Object.values({ ...step, id: [] }).flat() as unknown[]),
      );
      const found = values.filter((value) => value !== null).length;
      expect({ time, states: runsById.map(({ status }) => status), values: values.length }).toEqual({
        time,
        states: ['COMPLETED', 'COMPLETED', 'COMPLETED'],
        values: 600,
      });
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(100);
      expect(errors).toHaveLength(600 - found);
      expect(new Set(codesOf({ errors }))).toEqual(new Set(['BAD_USER_INPUT']));
    }
  });

  it('pays for parsing its own paths, whatever was sent before', async () => {
    steps = [wireStep({ outputs: { items: Array.from({ length: 12_000 }, () => 0) } })];
    const path = (index: number) => `items|[?@ == '${String(index).padEnd(480, 'x')}']`;
    const query = ofRun(`steps { ${repeat(100, (index) => `a${index}: outputs(path: "${path(index)}")`)} }`);
    for (const time of TIMES) {
      const { errors } = await gateway.query(query);
      expect({ time, codes: [...new Set(codesOf({ errors }))] }).toEqual({ time, codes: ['BAD_USER_INPUT'] });
      expect(errors.at(-1)?.message).toContain('limit of 10000000 steps');
    }
  });
});

describe('the size of a response', () => {
  const MAXIMUM = 4096;
  let outputs = 'null';
  let runs = 0;
  const { script } = createScriptedHistory(3, [wireWorkflow('wf')]);
  const gateway = perBlock(
    new TestGateway({
      script: (call) => {
        if (call.endpoint !== 'steps') return script(call);
        return { raw: JSON.stringify([wireStep({ outputs: '?' })]).replace('"?"', () => outputs) };
      },
      env: { MAX_ANSWER_BYTES: String(MAXIMUM) },
    }),
  );

  /** Often with characters that JSON escapes, and with lone surrogates. */
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('a', '"', '\\', '\b', '\n', '\u0000', '\u001f', '\u007f', '\u2028', 'é', '漢', '🐎'),
      fc.constantFrom('\ud800', '\udbff', '\udc00', '\udfff', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff'),
    ),
  });
  const values = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false, 1.5e300, -7),
      text,
      fc.array(tie('value'), { maxLength: 6 }),
      fc.dictionary(text, tie('value'), { maxKeys: 6 }),
    ),
  })).value;

  it('includes payloads before they are built into a too large response', () => {
    const budgets = new Budgets({ maxUpstreamCalls: 1, maxObjects: 1, maxAnswerBytes: 100 });
    budgets.takePayload(100);
    expect(budgets.room().bytes).toBe(0);
    expect(() => {
      budgets.takePayload(1);
    }).toThrow('exceeds 100 bytes');
    budgets.renew();
    budgets.takePayload(100);
    expect(budgets.excess()).toBeNull();
  });

  it('may equal the byte limit, and is rejected one byte above', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom('a', 'b', 'c'), values), async (value) => {
        outputs = JSON.stringify(value);
        fc.pre(outputs.length < 500);
        const id = `r${(runs += 1)}`;
        // The name of a field fills the answer up. The first part is parsed, so it is measured value by value.
        const queryOf = (name: string) => ofRun(`${name}: __typename steps { outputs part: outputs(path: "@") }`, id);
        const { data } = await gateway.query(queryOf('x'));
        const rest = MAXIMUM - Buffer.byteLength(JSON.stringify({ data })) + 1;
        expect((await gateway.query(queryOf('x'.repeat(rest)))).errors).toEqual([]);
        expect(codesOf(await gateway.query(queryOf('x'.repeat(rest + 1))))).toEqual(['ANSWER_TOO_LARGE']);
      }),
      { numRuns: 25, seed: 4711 },
    );
  });

  it.each(TRANSPORTS)('is limited each time: %s', async (transport) => {
    outputs = JSON.stringify('x'.repeat(MAXIMUM));
    const query = ofRun('status steps { id outputs }', `r${(runs += 1)}`);
    for (const time of TIMES) {
      const { data, errors } = await send(transport, gateway.url, { query });
      expect({ time, data, codes: codesOf({ errors: errors ?? [] }) }).toEqual({
        time,
        data: null,
        codes: ['ANSWER_TOO_LARGE'],
      });
    }
  });
});
