import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExactJson } from '../../src/domain/long-integers.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { codesOf, ofRun, placesOf, repeat, TIMES } from '../harness/operations.ts';
import { ask as askPlain } from '../harness/plain-http.ts';
import { bodyOf, type Wire, wireRun, wireStep } from '../harness/wire.ts';

const LONG = '12345678901234567890';

describe('a payload', () => {
  let outputs = 'null';
  let runs = 0;
  const gateway = perBlock(
    new TestGateway(() => ({
      script: ({ endpoint, runId }) => {
        if (endpoint === 'execute') return { json: { run_id: 'new' } };
        if (endpoint !== 'steps') return { status: 404, json: {} };
        const mark = '"outputs"';
        return {
          raw: JSON.stringify([wireStep({ id: runId, outputs: mark })]).replace(JSON.stringify(mark), () => outputs),
        };
      },
      env: { UPSTREAM_ENDPOINTS: 'steps,execute' },
    })),
  );
  const { upstream } = gateway;

  const stepsOf = (data: unknown) => (data as { run: { steps: Record<string, unknown>[] } }).run.steps;
  const ask = async (selection: string) => {
    const { data, errors } = await gateway.query(ofRun(`steps { ${selection} }`, `r${(runs += 1)}`));
    return { step: stepsOf(data)[0], errors };
  };

  /** JSON with blanks, with escaped characters, or longer than the gateway parses at once. */
  const written = fc
    .tuple(
      fc.jsonValue({ maxDepth: 4 }),
      fc.constantFrom('', ' ', '\n'),
      fc.boolean(),
      fc.constantFrom(0, 0, 0, 2 ** 20),
    )
    .map(([value, blank, isAscii, more]) => {
      const json = JSON.stringify({ value, more: 'é"'.repeat(more / 4) }, null, blank);
      return isAscii
        ? json.replaceAll(/[^\0-\u007f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : json;
    });

  it('is the same whole and by path, in any notation', async () => {
    await fc.assert(
      fc.asyncProperty(written, async (json) => {
        outputs = json;
        const { step, errors } = await ask('outputs value: outputs(path: "value")');
        const expected = parseExactJson(json) as { readonly value: unknown };
        expect(errors).toEqual([]);
        expect(JSON.stringify(step)).toBe(JSON.stringify({ outputs: expected, value: expected.value }));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['two members of the same name', '{"a": 1, "a": [2]}', { a: [2] }],
    ['integers beyond 2^53', `[9007199254740993, -${LONG}]`, ['9007199254740993', `-${LONG}`]],
    ['other numbers', '[1e2, 1.50, -0.0, 0.1234567890123456789]', [100, 1.5, 0, 0.12345678901234568]],
    ['a lone surrogate', '"\\ud83d"', '\ud83d'],
    [
      'a member __proto__',
      '{"__proto__": {"x": 1}, "toJSON": 7}',
      JSON.parse('{"__proto__": {"x": 1}, "toJSON": 7}') as unknown,
    ],
  ])('may contain %s', async (_, json, value: unknown) => {
    for (const more of ['', 'x'.repeat(2 ** 20)]) {
      outputs = `[${json}, "${more}"]`;
      const { step } = await ask('outputs first: outputs(path: "[0]")');
      expect(JSON.stringify(step)).toBe(JSON.stringify({ outputs: [value, more], first: value }));
    }
  });

  it('is selected by path, with errors for invalid or unsupported paths', async () => {
    outputs = '{"choices": [{"text": "one"}], "list": []}';
    const { step, errors } = await ask(
      `found: outputs(path: "choices[0].text") none: outputs(path: "a.b") all: outputs(path: null)
       wrong: outputs(path: "a..b") unsupported: outputs(path: "length(list)")`,
    );
    expect(step).toEqual({
      ...{ found: 'one', none: null, wrong: null, unsupported: null },
      all: JSON.parse(outputs) as unknown,
    });
    expect(placesOf({ errors })).toEqual(['unsupported', 'wrong'].map((name) => `run.steps.0.${name}: BAD_USER_INPUT`));
  });

  it('may have half a million values, whole and by path', async () => {
    const count = 500_000;
    outputs = `[${'[],'.repeat(count)}[]]`;
    const { step, errors } = await ask('outputs path: outputs(path: "[0]") outputsSizeBytes');
    expect((step?.outputs as unknown[]).length).toBe(count + 1);
    expect(step).toMatchObject({ path: [], outputsSizeBytes: outputs.length });
    expect(errors).toEqual([]);
  });

  it('has the size of its JSON without whitespace, 0 for null', async () => {
    for (const [json, sizeBytes] of [
      ['[ 1.50, { "a" : "\\u00e9" } ]', '[1.5,{"a":"é"}]'.length + 1],
      ['"a"', 3],
      ['null', 0],
    ] as const) {
      outputs = json;
      const { step } = await ask('outputsSizeBytes again: outputsSizeBytes');
      expect(step).toEqual({ outputsSizeBytes: sizeBytes, again: sizeBytes });
    }
  });

  it.each([
    ['in a variable', '($n: JSON)', '{ n: $n }', `{ "n": ${LONG} }`],
    ['in a default', `($n: JSON = ${LONG})`, '{ n: $n }', '{}'],
    ['in a literal', '', `{ n: ${LONG} }`, '{}'],
  ])('has long integers as strings, rejecting numbers beyond a double: %s', async (...row) => {
    const [, declared, inputs, variables] = row;
    const post = async (document: string, given: string) => {
      const headers = { authorization: 'Bearer key-1', 'content-type': 'application/json' };
      const body = `{"query": ${JSON.stringify(document)}, "variables": ${given}}`;
      const answer = await askPlain(`${gateway.url}/graphql`, { method: 'POST', headers, body });
      return JSON.parse(answer.body.toString()) as Parameters<typeof codesOf>[0];
    };
    const start = `mutation ${declared} { executeWorkflow(workflowId: "wf", inputs: ${inputs}) { run { id } } }`;
    for (const time of TIMES) {
      expect({ time, answer: await post(start, variables) }).toMatchObject({
        answer: { data: { executeWorkflow: {} } },
      });
      const sent = upstream.calls.findLast(({ endpoint }) => endpoint === 'execute')?.body;
      expect(sent).toBe(JSON.stringify({ n: LONG }));
      const before = upstream.count('execute');
      const beyond = (text: string) => text.replace(LONG, '-1e400');
      expect(codesOf(await post(beyond(start), beyond(variables)))).toEqual(['BAD_USER_INPUT']);
      expect(upstream.count('execute')).toBe(before);
    }
  });

  it.each(['POST', 'GET'])('keeps all digits of a long integer id, by %s', async (method) => {
    const query = 'query ($id: ID!) { run(workflowId: "wf", id: $id) { id steps { id } } }';
    const id = `${LONG}${method.length}`;
    const search = `?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(`{ "id": ${id} }`)}`;
    const answer = await askPlain(`${gateway.url}/graphql${method === 'GET' ? search : ''}`, {
      method,
      headers: { authorization: 'Bearer key-1', 'content-type': 'application/json' },
      ...(method === 'POST' && { body: `{"query": ${JSON.stringify(query)}, "variables": { "id": ${id} }}` }),
    });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ data: { run: { id, steps: [{ id }] } } });
  });
});

describe('the inputs of a run without a record', () => {
  let steps: readonly Wire[] = [];
  let runs = 0;
  const gateway = perBlock(
    new TestGateway(() => ({
      script: () => ({ raw: bodyOf(steps).toString() }),
      env: { UPSTREAM_ENDPOINTS: 'steps' },
    })),
  );
  const startedAt = (second: number, inputs: unknown): Wire =>
    wireStep({ id: `s${second}`, node_id: `n${second}`, start_time: `2025-03-13T02:41:0${second}Z`, inputs });

  it.each<[string, readonly Wire[], unknown, readonly string[]]>([
    [
      'the inputs of the first step',
      [startedAt(3, { input_data: 'late' }), startedAt(2, { input_data: { a: 7 } }), startedAt(1, ['input_data'])],
      { inputs: { a: 7 }, part: 7 },
      [],
    ],
    ['null if no step has any', [startedAt(1, null), startedAt(2, { x: 1 })], { inputs: null, part: null }, []],
    ['null without steps', [], { inputs: null, part: null }, []],
    [
      'null with an error if an earlier step cannot be read',
      [startedAt(1, [Infinity]), startedAt(2, { input_data: { a: 7 } })],
      { inputs: null, part: null },
      ['run.inputs: UPSTREAM_CONTRACT_VIOLATION', 'run.part: UPSTREAM_CONTRACT_VIOLATION'],
    ],
  ])('are %s', async (_, given, run, errors) => {
    steps = given;
    const query = ofRun('inputs part: inputs(path: "a") outputs', `r${(runs += 1)}`);
    for (let time = 0; time < 3; time += 1) {
      const answer = await gateway.query(query);
      expect(answer.data).toEqual({ run: { ...(run as object), outputs: null } });
      expect(placesOf(answer)).toEqual(errors);
    }
  });
});

describe('payloads of many runs', () => {
  const RUNS = 30;
  const BYTES_A_RUN = 2 * 200_000;
  const MAX_BYTES_A_TURN = 2 * 2 ** 20;
  const steps = (runId: string) =>
    ['a', 'b'].map((id) => wireStep({ id: `${runId}-${id}`, inputs: { of: runId, text: 'x'.repeat(200_000) } }));
  const startedAt = (index: number) => ({ start_time: `2025-03-13T02:${String(59 - index).padStart(2, '0')}:00Z` });
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, runId }) => {
        if (endpoint === 'runs')
          return { json: Array.from({ length: RUNS }, (_, index) => wireRun(`r${index}`, startedAt(index))) };
        return endpoint === 'steps' ? { json: steps(runId) } : { status: 404, json: {} };
      },
    }),
  );
  beforeAll(async () => {
    await gateway.query('{ workflow(id: "wf") { runs(first: 30) { nodes { totalElapsedTime } } } }');
  });

  it.each([
    [
      'inputs',
      repeat(10, (index) => `a${index}: runs(first: 30) { nodes { id steps { value: inputs(path: "of") } last: id } }`),
    ],
    ['sizes', repeat(10, (index) => `a${index}: runs(first: 30) { nodes { id steps { inputsSizeBytes } last: id } }`)],
  ])('are read over several loop iterations, serving others meanwhile: %s', async (_, selection) => {
    for (let time = 0; time < 2; time += 1) {
      let [turns, isOver] = [0, false];
      const count = () => {
        turns += 1;
        if (!isOver) setImmediate(count);
      };
      count();
      const { data, errors } = await gateway.query(`{ workflow(id: "wf") { ${selection} } }`);
      isOver = true;
      expect(errors).toEqual([]);
      expect(turns).toBeGreaterThan((RUNS * BYTES_A_RUN) / MAX_BYTES_A_TURN);
      const { a9 } = (data as { workflow: Record<string, { nodes: Record<string, unknown>[] }> }).workflow;
      // In the order of the selection, each with its own value.
      for (const node of a9?.nodes ?? []) {
        expect(Object.keys(node).join()).toBe('id,steps,last');
        if (selection.includes('value')) expect(node.steps).toEqual([{ value: node.id }, { value: node.id }]);
      }
    }
  });
});
