/** Odd, malformed, hostile, huge and deep JSON in upstream answers. Single fields: test/contract. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { ofRun, placesOf } from '../harness/operations.ts';
import type { Endpoint, Reply } from '../harness/upstream.ts';
import { bodyOf, rawJSON, type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const VIOLATION = 'UPSTREAM_CONTRACT_VIOLATION';
const STEPS = '{ run(workflowId: "wf", id: "r1") { steps { id rawStatus nodeId } } }';

interface Item {
  readonly id: string;
}

describe('an upstream response', () => {
  let replies: Partial<Record<Endpoint, Reply>> = {};
  let keys = 0;
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint }) => replies[endpoint] ?? { status: 404 },
      env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000' },
    }),
  );

  /** Uses a new key each time, so nothing is cached. */
  async function ask(query: string, answers: typeof replies) {
    replies = answers;
    const { data, errors } = await gateway.query(query, { key: `key-${(keys += 1)}` });
    return { data, errors, codes: errors.map(({ extensions }) => extensions.code) };
  }

  describe('one changed character', () => {
    const parsed = (text: string): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return null;
      }
    };
    const isObject = (value: unknown): value is object => Object(value) === value && !Array.isArray(value);
    const isStep = (item: unknown) =>
      isObject(item) && ['id', 'node_id', 'status'].some((name) => Object.hasOwn(item, name));
    const blanks = fc.constantFrom('', ' ', '\t', '\r\n');
    /** Some upstreams write blanks, and escapes that are not necessary. */
    const written = fc
      .tuple(fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 3 }), blanks, fc.boolean())
      .map(([others, blank, isEscaped]) => {
        const text = JSON.stringify([{ id: 's', status: 'größe', outputs: [1.5e-7, true] }, ...others], null, blank);
        return isEscaped ? text.replaceAll('ö', '\\u00f6').replaceAll('id', '\\u0069d') : text;
      });
    const change = fc.constantFrom(...'"\\[]{},:0123456789+-.eEntrufalse \n\u0001\u007fü'.split(''), '');

    it('makes a list unreadable exactly if JSON.parse rejects it', async () => {
      await fc.assert(
        fc.asyncProperty(written, fc.nat(), fc.nat(2), change, async (text, place, cut, put) => {
          const at = place % (text.length + 1);
          const changed = `${text.slice(0, at)}${put}${text.slice(at + cut)}`;
          const value = parsed(changed);
          const isList = Array.isArray(value) && (value.length === 0 || value.some(isStep));
          const { data, codes } = await ask(STEPS, { steps: { raw: changed } });
          if (isList) expect((data as { run: { steps: unknown[] } }).run.steps).toHaveLength(value.length);
          else expect([...new Set(codes)]).toEqual([VIOLATION]);
        }),
        { numRuns: 120 },
      );
    });
  });

  it('changes no neighbor for an item of any JSON, and quotes nothing', async () => {
    const MARK = '§';
    const marked = fc.string({ maxLength: 8 }).map((text) => `${MARK}${text}`);
    const leaf = fc.oneof(marked, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
    const names = [...Object.keys(wireStep()), ...Object.keys(wireRun('')), ...Object.keys(wireWorkflow(''))];
    const { any } = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.constantFrom(...names), marked), tie('any'), { maxKeys: 6 }),
      ),
    }));
    const nearly = fc.dictionary(fc.constantFrom(...names), any, { maxKeys: 3 });
    const query = `{
      run(workflowId: "wf", id: "r1") { steps { id status startTime elapsedTime error tokens userId organizationId } }
      workflow(id: "a") { runs { nodes { id rawStatus startedAt endedAt } } }
      workflows { nodes { id name version createdAt graph { nodes { id } edges { from } entry } } }
    }`;
    await fc.assert(
      fc.asyncProperty(fc.oneof(any, nearly), async (item) => {
        const list = (first: object, last: object) => ({ raw: bodyOf([first, item, last]) });
        const { data, errors } = await ask(query, {
          steps: list(wireStep({ id: 'first' }), wireStep({ id: 'last' })),
          runs: list(wireRun('first'), wireRun('last')),
          workflows: list(wireWorkflow('a'), wireWorkflow('b')),
        });
        const { run, workflow, workflows } = data as unknown as {
          run: { steps: (Item | null)[] };
          workflow: { runs: { nodes: Item[] } };
          workflows: { nodes: Item[] };
        };
        const ids = [...run.steps, ...workflow.runs.nodes, ...workflows.nodes].map((each) => each?.id);
        expect(ids).toEqual(expect.arrayContaining(['first', 'last', 'a', 'b']));
        expect(run.steps).toHaveLength(3);
        expect(JSON.stringify(errors)).not.toContain(MARK);
        for (const { extensions } of errors) expect([VIOLATION, 'NUMBER_OUT_OF_RANGE']).toContain(extensions.code);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [
      'the last of two members with one name, one of them escaped',
      '{"id": "a", "\\u0069d": "b", "x": {"id": "c"}}',
      'b',
    ],
    ['a member after thousands of others', `{${'"x":1,"y":[{}],'.repeat(5000)}"id":"a"}`, 'a'],
    ['characters beyond the basic plane', '{"id": "🐎", "outputs": "größe"}', '🐎'],
    ['a byte order mark within a text', '{"id": "\uFEFFa"}', '\uFEFFa'],
    ['U+FFFD that the upstream sent', '{"id": "\uFFFD"}', '\uFFFD'],
  ])('may have %s', async (_, item, id) => {
    const { data, errors } = await ask(STEPS, { steps: { raw: `[${item}]` } });
    expect({ data, errors }).toMatchObject({ data: { run: { steps: [{ id }] } }, errors: [] });
  });

  describe('expensive responses', () => {
    const numbered = (count: number, each: (at: number) => string) =>
      Array.from({ length: count }, (_, at) => each(at));
    const member = (value: string) => `[{"id": "a", "x": ${value}, "outputs": ${value}}]`;

    it.each<readonly [string, () => string]>([
      ['a million empty lists', () => `[${'[],'.repeat(1_000_000)}[]]`],
      ['250,000 members of different names', () => `{${numbered(250_000, (at) => `"name ${at}":1`).join()}}`],
      ['400,000 lists in one another', () => '['.repeat(400_000) + ']'.repeat(400_000)],
      ['a million lists that are never closed', () => '['.repeat(1_000_000)],
      ['one text of 4 million characters', () => `"${'x'.repeat(2 ** 22)}"`],
      ['a number of a million digits', () => '9'.repeat(1_000_000)],
    ])('are read or rejected, and the next one is read: %s', async (_, value) => {
      for (const raw of [member(value()), `[${value()}]`]) {
        const { codes } = await ask(STEPS, { steps: { raw } });
        expect([[], [VIOLATION]]).toContainEqual(codes);
      }
      const { data } = await ask(STEPS, { steps: { json: [wireStep({ id: 'next' })] } });
      expect(data).toMatchObject({ run: { steps: [{ id: 'next' }] } });
    });

    it('have at most 25,000 items', async () => {
      const items = (count: number) => ({ json: [wireStep(), ...new Array<number>(count - 1).fill(0)] });
      const count = '{ run(workflowId: "wf", id: "r1") { stepCounts { total } } }';
      expect((await ask(count, { steps: items(25_000) })).errors).toEqual([]);
      const { errors } = await ask(count, { steps: items(25_001) });
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('must have at most 25000 items, got more'),
          extensions: { code: VIOLATION },
        },
      ]);
    });
  });

  it.each([
    ['the one with its id', [wireRun('other', { error: 'no' }), wireRun('r1', { error: 'mine' })], 'mine'],
    ['the only one, if it has no id', [{ status: 'failed', error: 'mine' }], 'mine'],
    ['a single object', wireRun('r1', { error: 'mine' }), 'mine'],
    ['not one of another run', [wireRun('other', { error: 'no' })], null],
    ['not a single object of another run', wireRun('other', { error: 'no' }), null],
    ['none of an empty list', [], null],
    ['none of two without an id', [{ status: 'failed', error: 'no' }, { status: 'completed' }], null],
  ])('gives a run its record: %s', async (_, json, error) => {
    const query = '{ run(workflowId: "wf", id: "r1") { id error } }';
    const { data, errors } = await ask(query, { run: { json }, steps: { json: [wireStep()] } });
    expect({ data, errors }).toEqual({ data: { run: { id: 'r1', error } }, errors: [] });
  });

  it.each<readonly [Endpoint, string, unknown]>([
    ['steps', 'steps is invalid: expected step at $[0], got array', [[wireStep()], null]],
    ['run', 'run is invalid: expected run at $[0], got object', [{ detail: 'SECRET' }]],
    ['run', 'run is invalid: expected array at $, got object', { detail: 'SECRET' }],
    ['runs', 'runs is invalid: expected run at $[0], got string', ['SECRET']],
    ['runs', 'runs is invalid: expected array at $, got object', wireRun('r1')],
    ['workflows', 'workflows is invalid: expected workflow at $[0], got number', [7]],
  ])('reports position and types if malformed for %s: %s', async (endpoint, message, json) => {
    const queries: Partial<Record<Endpoint, string>> = {
      runs: '{ workflow(id: "wf") { runs { nodes { id } } } }',
      workflows: '{ workflows { nodes { id } } }',
      run: '{ run(workflowId: "wf", id: "r1") { error } }',
    };
    const { errors } = await ask(queries[endpoint] ?? STEPS, {
      ...{ steps: { json: [wireStep()] }, workflows: { json: [wireWorkflow('wf')] } },
      [endpoint]: { json },
    });
    expect(errors[0]).toMatchObject({
      message: `The upstream's response for ${message}.`,
      extensions: { code: VIOLATION, retryable: false },
    });
    expect(JSON.stringify(errors)).not.toContain('SECRET');
  });

  it.each([
    [
      { run_id: 'new', message: 'started' },
      { message: 'started', run: { id: 'new' } },
    ],
    [
      { run_id: 7, message: 8 },
      { message: '8', run: { id: '7' } },
    ],
    [{ run_id: rawJSON('12345678901234567891') }, { message: null, run: { id: '12345678901234567891' } }],
    ...[{}, { run_id: {} }, { run_id: '' }, { run_id: '..' }, [{ run_id: 'new' }], 'SECRET', null].map(
      (json) => [json, null] as const,
    ),
  ])('maps %j for a start to %j', async (json, expected) => {
    const query = 'mutation { executeWorkflow(workflowId: "wf") { message run { id } } }';
    const { data, errors } = await ask(query, { execute: { json } });
    if (expected) expect(data).toEqual({ executeWorkflow: expected });
    else {
      // The run may have been started.
      expect(errors).toMatchObject([{ extensions: { code: VIOLATION, outcomeIsUnknown: true, retryable: false } }]);
    }
  });

  describe('values that no JSON response can have', () => {
    const TOO_DEEP = 10_000;
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    /** `JSON.stringify` cannot write such deep nesting: each `"<n levels>"` is replaced in the string. */
    const deep = (levels: number): string => `<${levels} levels>`;
    const replyOf = (json: unknown): Reply => ({
      raw: JSON.stringify(json).replaceAll(/"<(\d+) levels>"/g, (_, levels) => nested(Number(levels))),
    });
    const NESTED = 'nested deeper than 200 levels';
    const HISTORY = 'workflow(id: "wf") { runs(first: 1) { nodes { inputs outputs } } }';

    it.each<[string, Wire, string, number]>([
      ['outputs', { outputs: deep(TOO_DEEP) }, NESTED, 300],
      ['outputs', { outputs: { n: rawJSON('-1e400') } }, 'a number exceeds the range of a double', 300],
      ['inputs', { inputs: { a: deep(TOO_DEEP) } }, NESTED, 450],
      ['metadata', { step_metadata: [deep(TOO_DEEP)] }, NESTED, 450],
    ])('fail only the field of an unreadable value: %s of %j', async (...row) => {
      const [field, fields, message, totalTokens] = row;
      const steps = ['s1', 's2', 's3'].map((id) => wireStep({ id, node_id: id, ...(id === 's2' && fields) }));
      replies = { steps: replyOf(steps), run: { json: [wireRun('r1')] } };
      const selection = 'inputs(path: "input_data.order") outputs(path: "model") outputsSizeBytes metadata';
      const query = ofRun(`status totalElapsedTime tokenUsage { counts { totalTokens } } steps { id ${selection} }`);
      const outputs = { outputs: 'virtuoso-large', outputsSizeBytes: JSON.stringify(wireStep().outputs).length };
      const tidy = { inputs: 7, ...outputs, metadata: null };
      const broken = field === 'outputs' ? { ...tidy, outputsSizeBytes: expect.any(Number) } : tidy;
      keys += 1;
      for (let time = 0; time < 5; time += 1) {
        const { status, data, errors } = await gateway.query(query, { key: `key-${keys}` });
        expect(status).toBe(200);
        expect(errors).toMatchObject([
          { message: `${field}: ${message}`, path: ['run', 'steps', 1, field], extensions: { code: VIOLATION } },
        ]);
        expect(data).toEqual({
          run: {
            ...{ status: 'COMPLETED', totalElapsedTime: 6, tokenUsage: { counts: { totalTokens } } },
            steps: [
              { id: 's1', ...tidy },
              { id: 's2', ...broken, [field]: null },
              { id: 's3', ...tidy },
            ],
          },
        });
      }
    });

    it('become a note if an error is nested too deeply', async () => {
      const failed = wireStep({ id: 's2', status: 'failed', error: deep(TOO_DEEP) });
      replies = { steps: replyOf([wireStep({ id: 's1' }), failed]), run: { json: [wireRun('r1')] } };
      keys += 1;
      const { data, errors } = await gateway.query(ofRun('steps { id error }'), { key: `key-${keys}` });
      expect(errors).toEqual([]);
      const s2 = { id: 's2', error: '(error nested deeper than 200 levels)' };
      expect(data).toEqual({ run: { steps: [{ id: 's1', error: null }, s2] } });
    });

    it.each([
      [NESTED, deep(TOO_DEEP)],
      ['a number exceeds the range of a double', [rawJSON('1e400')]],
    ])('fail only the field of an unreadable value in a record: %s', async (message, outputs) => {
      const records = { json: [wireRun('r1', { outputs })] };
      const { data, errors } = await ask(`{ ${ofRun('inputs outputs status').slice(1, -1)} ${HISTORY} }`, {
        run: replyOf(records.json),
        runs: replyOf(records.json),
        steps: { json: [wireStep()] },
      });
      const run = { inputs: { order: 7 }, outputs: null };
      expect(data).toEqual({ run: { ...run, status: 'COMPLETED' }, workflow: { runs: { nodes: [run] } } });
      const places = ['run.outputs', 'workflow.runs.nodes.0.outputs'];
      expect(placesOf({ errors })).toEqual(places.map((place) => `${place}: ${VIOLATION}`));
      expect(errors.map((error) => error.message)).toEqual(places.map(() => `outputs: ${message}`));
    });

    it('may be 200 levels deep in payloads, deeper for outputsSizeBytes', async () => {
      const steps = [200, 201].map((levels) => wireStep({ id: `${levels}`, outputs: deep(levels) }));
      const { data, errors } = await ask(ofRun('steps { outputs outputsSizeBytes }'), { steps: replyOf(steps) });
      expect(placesOf({ errors })).toEqual([`run.steps.1.outputs: ${VIOLATION}`]);
      expect(data).toEqual({
        run: {
          steps: [
            { outputs: JSON.parse(nested(200)) as unknown, outputsSizeBytes: 400 },
            { outputs: null, outputsSizeBytes: 402 },
          ],
        },
      });
    });

    it.each<Transport>(['graphql-ws', 'graphql-sse'])('end no subscription over %s', async (name) => {
      const run = await new LiveRun().open();
      run.outputs = JSON.parse(nested(1000));
      const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { id outputs } } } }';
      const client = await subscribe(name, run.gateway.url, query);
      const eventOf = (ids: readonly string[]) => ({
        payload: {
          data: { runUpdated: { run: { steps: ids.map((id) => ({ id, outputs: null })) } } },
          errors: ids.map((_, at) => ({ path: ['runUpdated', 'run', 'steps', at, 'outputs'] })),
        },
      });
      expect(await client.next()).toMatchObject(eventOf(['s0']));
      await run.poll();
      run.steps = 2;
      await run.poll();
      expect(await client.next()).toMatchObject(eventOf(['s0', 's1']));
      expect(client.waiting).toBe(0);
      client.leave();
      await run.close();
    });
  });
});
