/** Odd, malformed, hostile and huge JSON in answers of the upstream. Single fields: test/contract. Deep payloads: deep-json.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startFaultyUpstream, type Endpoint, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { bodyOf, rawJSON, wireRun, wireStep } from '../harness/wire.ts';

const VIOLATION = 'UPSTREAM_CONTRACT_VIOLATION';
const STEPS = '{ run(workflowId: "wf", id: "r1") { steps { id rawStatus nodeId } } }';

interface Item {
  readonly id: string;
}

describe('an answer of the upstream', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let replies: Partial<Record<Endpoint, Reply>> = {};
  let keys = 0;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint }) => replies[endpoint] ?? { status: 404 });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000' });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** With a key of its own, so that nothing is cached. */
  async function ask(query: string, answers: typeof replies) {
    replies = answers;
    const { data, errors } = await gateway.query(query, { key: `key-${(keys += 1)}` });
    return { data, errors, codes: errors.map(({ extensions }) => extensions.code) };
  }

  describe('that is a text with one place changed', () => {
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
    /** As some upstream may write it: with blanks, and with escapes where none are needed. */
    const written = fc
      .tuple(fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 3 }), blanks, fc.boolean())
      .map(([others, blank, isEscaped]) => {
        const text = JSON.stringify([{ id: 's', status: 'größe', outputs: [1.5e-7, true] }, ...others], null, blank);
        return isEscaped ? text.replaceAll('ö', '\\u00f6').replaceAll('id', '\\u0069d') : text;
      });
    const change = fc.constantFrom(...'"\\[]{},:0123456789+-.eEntrufalse \n\u0001\u007fü'.split(''), '');

    it('is read where JSON.parse reads a list with a step in it, and refused anywhere else', async () => {
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

  it('that is any JSON never changes the neighbours of an item, and is never cited in an error', async () => {
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
    ['the last member of a name, however it is written', '{"id": "a", "\\u0069d": "b", "x": {"id": "c"}}', 'b'],
    ['a member behind thousands of others', `{${'"x":1,"y":[{}],'.repeat(5000)}"id":"a"}`, 'a'],
    ['characters beyond the basic plane', '{"id": "🐎", "outputs": "größe"}', '🐎'],
    ['a byte order mark within a text', '{"id": "\uFEFFa"}', '\uFEFFa'],
    ['U+FFFD as the upstream means it', '{"id": "\uFFFD"}', '\uFFFD'],
  ])('has %s', async (_, item, id) => {
    const { data, errors } = await ask(STEPS, { steps: { raw: `[${item}]` } });
    expect({ data, errors }).toMatchObject({ data: { run: { steps: [{ id }] } }, errors: [] });
  });

  describe('that is built to be expensive', () => {
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
    ])('is read or refused, and the gateway goes on: %s', async (_, value) => {
      for (const raw of [member(value()), `[${value()}]`]) {
        const { codes } = await ask(STEPS, { steps: { raw } });
        expect([[], [VIOLATION]]).toContainEqual(codes);
      }
      const { data } = await ask(STEPS, { steps: { json: [wireStep({ id: 'next' })] } });
      expect(data).toMatchObject({ run: { steps: [{ id: 'next' }] } });
    });

    it('has at most 25,000 items', async () => {
      const items = (count: number) => ({ json: [wireStep(), ...new Array<number>(count - 1).fill(0)] });
      const count = '{ run(workflowId: "wf", id: "r1") { stepCounts { total } } }';
      expect((await ask(count, { steps: items(25_000) })).errors).toEqual([]);
      const { errors } = await ask(count, { steps: items(25_001) });
      expect(errors).toMatchObject([
        { message: expect.stringContaining('more than 25000 items'), extensions: { code: VIOLATION } },
      ]);
    });
  });

  it.each([
    ['the one of its id', [wireRun('other', { error: 'no' }), wireRun('r1', { error: 'mine' })], 'mine'],
    ['the only one, where it has no id', [{ status: 'failed', error: 'mine' }], 'mine'],
    ['the one that is not in a list', wireRun('r1', { error: 'mine' }), 'mine'],
    ['none where all are of other runs', [wireRun('other', { error: 'no' })], null],
    ['none where that of another run is not in a list', wireRun('other', { error: 'no' }), null],
    ['none in an empty list', [], null],
    ['none of two without an id', [{ status: 'failed', error: 'no' }, { status: 'completed' }], null],
  ])('for the record of a run has %s', async (_, json, error) => {
    const query = '{ run(workflowId: "wf", id: "r1") { id error } }';
    const { data, errors } = await ask(query, { run: { json }, steps: { json: [wireStep()] } });
    expect({ data, errors }).toEqual({ data: { run: { id: 'r1', error } }, errors: [] });
  });

  it.each<readonly [Endpoint, string, unknown]>([
    ['steps', 'steps is not what its contract says: expected step at $[0], got array', [[wireStep()], null]],
    ['run', 'run is not what its contract says: expected run at $[0], got object', [{ detail: 'SECRET' }]],
    ['run', 'run is not what its contract says: expected array at $, got object', { detail: 'SECRET' }],
    ['runs', 'runs is not what its contract says: expected run at $[0], got string', ['SECRET']],
    ['runs', 'runs is not what its contract says: expected array at $, got object', wireRun('r1')],
    ['workflows', 'workflows is not what its contract says: expected workflow at $[0], got number', [7]],
  ])(
    'to the call for %s that is another one has an error with position and types, never with a value: %s',
    async (endpoint, message, json) => {
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
        message: `the upstream's answer for ${message}`,
        extensions: { code: VIOLATION, retryable: false },
      });
      expect(JSON.stringify(errors)).not.toContain('SECRET');
    },
  );

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
  ])('to a start that is %j is answered with %j', async (json, expected) => {
    const query = 'mutation { executeWorkflow(workflowId: "wf") { message run { id } } }';
    const { data, errors } = await ask(query, { execute: { json } });
    if (expected) expect(data).toEqual({ executeWorkflow: expected });
    else {
      // The run may have been started all the same.
      expect(errors).toMatchObject([{ extensions: { code: VIOLATION, outcomeIsUnknown: true, retryable: false } }]);
    }
  });

  it('that lists workflows has all that is known of them', async () => {
    const fields = 'id name description status version isPublic createdAt updatedAt';
    const { data } = await ask(`{ workflows { nodes { ${fields} graph { entry finish } } } }`, {
      workflows: { json: [wireWorkflow('a'), { workflow_id: 'b' }] },
    });
    const none = Object.fromEntries([...fields.split(' '), 'graph'].map((name) => [name, null]));
    expect(data).toEqual({
      workflows: {
        nodes: [
          {
            ...{ id: 'a', name: 'Workflow a', description: 'Answers mail', status: 'active', version: '1.2' },
            ...{ isPublic: false, createdAt: '2025-03-12T00:59:55.465508+00:00' },
            ...{ updatedAt: '2025-03-13T00:59:55.465508+00:00', graph: { entry: 'model_1', finish: 'send' } },
          },
          { ...none, id: 'b' },
        ],
      },
    });
  });
});
