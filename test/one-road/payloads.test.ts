import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { parseExactJson } from '../../src/domain/long-integers.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUNS = 30;
const MAX_BYTES_A_TURN = 2 * 2 ** 20;

describe('payloads of many runs', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    const steps = (runId: string) =>
      ['a', 'b'].map((id) => wireStep({ id: `${runId}-${id}`, inputs: { of: runId, text: 'x'.repeat(200_000) } }));
    const startedAt = (at: number) => ({ start_time: `2025-03-13T02:${String(59 - at).padStart(2, '0')}:00Z` });
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'runs')
        return { json: Array.from({ length: RUNS }, (_, at) => wireRun(`r${at}`, startedAt(at))) };
      if (endpoint === 'steps') return { json: steps(runId) };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    await gateway.query('{ workflow(id: "wf") { runs(first: 30) { nodes { totalElapsedTime } } } }');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.close();
    await upstream.close();
  });

  /** The bytes of inputs that are parsed in each turn of the event loop. */
  function watchTurns(): { readonly turns: readonly number[]; readonly stop: () => void } {
    const turns = [0];
    const parse = JSON.parse;
    jest.spyOn(JSON, 'parse').mockImplementation((text: string, reviver) => {
      if (text.startsWith('{"of":')) turns.push((turns.pop() ?? 0) + text.length);
      return parse(text, reviver) as unknown;
    });
    let timer = setImmediate(function next() {
      turns.push(0);
      timer = setImmediate(next);
    });
    return {
      turns,
      stop() {
        clearImmediate(timer);
      },
    };
  }

  it.each([
    ['inputs', 'steps { value: inputs(path: "of") }', 20],
    ['the tokens of steps', 'steps { value: tokenUsage { totalTokens } }', 10],
    ['the tokens of runs', 'value: tokenUsage { totalTokens }', 20],
  ])('are parsed in pieces, and once for all aliases: %s', async (_, fields, aliases) => {
    const pages = Array.from(
      { length: aliases },
      (__, at) => `a${at}: runs(first: 30) { nodes { id ${fields} last: id } }`,
    );
    const query = `{ workflow(id: "wf") { ${pages.join(' ')} } }`;
    for (const time of [1, 2]) {
      const { turns, stop } = watchTurns();
      const { data, errors } = await gateway.query(query);
      stop();
      jest.restoreAllMocks();
      expect({ time, errors }).toEqual({ time, errors: [] });
      expect(Math.max(...turns)).toBeLessThanOrEqual(MAX_BYTES_A_TURN);
      // Those of the first turn may be parsed once more.
      expect(turns.reduce((sum, bytes) => sum + bytes)).toBeLessThan((RUNS + 12) * 410_000);
      const { workflow } = data as { workflow: Record<string, { nodes: Record<string, unknown>[] }> };
      for (const { nodes } of Object.values(workflow)) {
        expect(nodes).toHaveLength(RUNS);
        // In the order in which they were asked for.
        for (const node of nodes) expect(Object.keys(node).join()).toMatch(/^id,(?:steps|value),last$/);
      }
      if (fields.includes('inputs')) {
        const step = ({ id }: Record<string, unknown>) => [{ value: id }, { value: id }];
        expect(workflow.a19?.nodes.map(({ steps }) => steps)).toEqual(workflow.a19?.nodes.map(step));
      }
    }
  });

  it('are parsed in pieces: comparisons', async () => {
    const pairs = Array.from(
      { length: RUNS / 2 },
      (_, at) => `a${at}: compareRuns(workflowId: "wf", baseId: "r${2 * at}", headId: "r${2 * at + 1}")`,
    );
    const { turns, stop } = watchTurns();
    const { data, errors } = await gateway.query(
      `{ ${pairs.map((pair) => `${pair} { nodes { nodeId } }`).join(' ')} }`,
    );
    stop();
    expect(errors).toEqual([]);
    expect(Object.keys(data ?? {})).toHaveLength(RUNS / 2);
    expect(Math.max(...turns)).toBeLessThanOrEqual(MAX_BYTES_A_TURN);
    expect(turns.reduce((sum, bytes) => sum + bytes)).toBeLessThan((RUNS + 12) * 410_000);
  });

  // Each bucket has a run of its own.
  it.each(['trend(last: 30, buckets: 30)', 'statistics(last: 30)'])('are parsed in pieces: %s', async (figure) => {
    const { turns, stop } = watchTurns();
    const query = `{ workflow(id: "wf") { figure: ${figure} { runCount nodes { executionCount totalTokens } } } }`;
    const { data, errors } = await gateway.query(query);
    stop();
    expect(errors).toEqual([]);
    const { figure: told } = (data as { workflow: { figure: unknown } }).workflow;
    const counts = [told].flat().map((each) => (each as { runCount: number }).runCount);
    expect(counts.reduce((sum, count) => sum + count)).toBe(RUNS);
    expect(Math.max(...turns)).toBeLessThanOrEqual(MAX_BYTES_A_TURN);
    expect(turns.reduce((sum, bytes) => sum + bytes)).toBeLessThan((RUNS + 12) * 410_000);
  });
});

describe('a payload', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let outputs = 'null';
  let count = 0;
  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint !== 'steps') return { status: 404, json: {} };
      const mark = '"outputs"';
      return {
        raw: JSON.stringify([wireStep({ id: runId, outputs: mark })]).replace(JSON.stringify(mark), () => outputs),
      };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const ask = async (selection: string) => {
    const { data, errors } = await gateway.query(
      `{ run(workflowId: "wf", id: "r${(count += 1)}") { steps { ${selection} } } }`,
    );
    expect(errors).toEqual([]);
    return (data as { run: { steps: Record<string, unknown>[] } }).run.steps[0];
  };

  /** As some upstream may write it: with blanks, with characters as escapes, and longer than what is answered at once. */
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

  it('is the same value whole and by a path, however it was written', async () => {
    await fc.assert(
      fc.asyncProperty(written, async (json) => {
        outputs = json;
        const step = await ask('outputs value: outputs(path: "value")');
        const told = parseExactJson(json) as { readonly value: unknown };
        expect(JSON.stringify(step)).toBe(JSON.stringify({ outputs: told, value: told.value }));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['one of two of its name', '{"a": 1, "a": [2]}', { a: [2] }],
    [
      'integers beyond 2^53',
      '[9007199254740993, -12345678901234567890]',
      ['9007199254740993', '-12345678901234567890'],
    ],
    [
      'numbers with exponents and points',
      '[1e2, 1.50, -0.0, 0.1234567890123456789]',
      [100, 1.5, 0, 0.12345678901234568],
    ],
    ['half of a pair', '"\\ud83d"', '\ud83d'],
    [
      'a name that objects have',
      '{"__proto__": {"x": 1}, "constructor": null}',
      JSON.parse('{"__proto__": {"x": 1}, "constructor": null}'),
    ],
    ['what looks like a payload written in full', '{"bytes": [1], "toJSON": 7}', { bytes: [1], toJSON: 7 }],
  ])('may hold %s', async (_, json, value: unknown) => {
    for (const more of ['', 'x'.repeat(2 ** 20)]) {
      outputs = `[${json}, "${more}"]`;
      const step = await ask('outputs first: outputs(path: "[0]")');
      expect(JSON.stringify(step)).toBe(JSON.stringify({ outputs: [value, more], first: value }));
    }
  });

  it('of many small values is answered whole without being parsed', async () => {
    outputs = `[${'{"a":1},'.repeat(300_000)}[]]`;
    const parse = jest.spyOn(JSON, 'parse');
    try {
      const step = await ask('outputs');
      expect(parse.mock.calls.filter(([text]) => text.length > 100_000)).toEqual([]);
      expect((step?.outputs as unknown[]).length).toBe(300_001);
    } finally {
      parse.mockRestore();
    }
  });
});

describe('errors that are JSON', () => {
  const ERROR = JSON.stringify({
    error: { message: 'boom', code: 'E7', list: Array.from({ length: 100 }, () => 'x') },
  });
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      const failed = { status: 'failed', error: ERROR };
      if (endpoint === 'runs') return { json: Array.from({ length: 5 }, (_, at) => wireRun(`r${at}`, failed)) };
      if (endpoint === 'steps') return { json: [wireStep({ id: `${runId}-a` })] };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.close();
    await upstream.close();
  });

  it.each([
    ['of runs', 'runs(first: 5) { nodes { $ } }', 'errorInfo { code }'],
    ['of groups of failures', '$', 'failureGroups(last: 5) { code count }'],
  ])('are taken apart once for all aliases: %s', async (_, around, field) => {
    const aliases = Array.from({ length: 20 }, (__, at) => `a${at}: ${field}`).join(' ');
    const query = `{ workflow(id: "wf") { ${around.replace('$', aliases)} } }`;
    for (const time of [1, 2]) {
      const parse = jest.spyOn(JSON, 'parse');
      const { data, errors } = await gateway.query(query);
      const count = parse.mock.calls.filter(([text]) => text === ERROR).length;
      parse.mockRestore();
      expect({ time, errors }).toEqual({ time, errors: [] });
      expect(JSON.stringify(data).split('E7')).toHaveLength(1 + 20 * (field.includes('count') ? 1 : 5));
      // Whether there is one, and what it says, of each run.
      expect(count).toBeLessThanOrEqual(10);
    }
  });
});
