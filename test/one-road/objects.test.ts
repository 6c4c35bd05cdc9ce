import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const TIMES = [1, 2, 3];

describe('the objects of one operation', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(createScriptedHistory(3, [wireWorkflow('wf')]).script);
    // High, so that each test shows the bound of objects or bytes and not that of calls.
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_COST: '10000000' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const nested = (levels: number): string =>
    levels === 0
      ? 'runs(first: 20) { nodes { id } }'
      : `runs(first: 20) { nodes { workflow { a: id b: id ${nested(levels - 1)} } } }`;

  it.each(TRANSPORTS)('multiply along nested lists, and are refused before any call: %s', async (transport) => {
    for (const query of [
      `{ workflow(id: "wf") { ${nested(4)} } }`,
      `{ workflow(id: "wf") { a: id ${nested(3)} b: id } }`,
    ]) {
      for (const time of TIMES) {
        const { data, errors } = await send(transport, gateway.url, { query });
        expect({ time, data: data ?? null }).toEqual({ time, data: null });
        expect(errors).toMatchObject([
          { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit: 'objects', maximum: 25_000 } },
        ]);
        expect(Number(errors?.[0]?.extensions.found)).toBeGreaterThan(20 ** 4);
      }
    }
    expect(upstream.calls).toEqual([]);
  });

  describe('in lists whose length only the upstream knows', () => {
    beforeEach(() => {
      const steps = Array.from({ length: 5000 }, (_, at) => wireStep({ id: `s${at}`, node_id: `n${at % 50}` }));
      upstream.script = ({ endpoint, runId }) => ({
        json: endpoint === 'steps' ? (runId === 'small' ? steps.slice(0, 2) : steps) : [wireRun(runId)],
      });
    });

    it('each have their error, as long as they are few; where thousands fail there is one, and no data', async () => {
      upstream.script = ({ endpoint, runId }) => ({
        json:
          endpoint === 'steps' ? Array.from({ length: 100 }, (_, at) => wireStep({ id: `s${at}` })) : [wireRun(runId)],
      });
      const failing = (aliases: number) => {
        const fields = Array.from({ length: aliases }, (_, at) => `a${at}: outputs(path: "abs('x')")`).join(' ');
        return `{ run(workflowId: "wf", id: "r1") { steps { ${fields} } } }`;
      };
      for (const time of TIMES) {
        const few = await gateway.query(failing(50));
        expect({ time, errors: few.errors.length, data: few.data }).toMatchObject({ errors: 5000, data: { run: {} } });
        const { data, errors } = await gateway.query(failing(51));
        expect({ time, data }).toEqual({ time, data: null });
        expect(errors).toEqual([
          {
            message: expect.stringContaining('More than 5000 fields'),
            extensions: { code: 'ANSWER_TOO_LARGE', retryable: false, requestId: expect.any(String) },
          },
        ]);
      }
    });

    it.each([
      [
        'lists beyond the budget of objects',
        'run(workflowId: "wf", id: "ok") { steps {',
        'conversation { messages { role } }',
      ],
      ['figures of runs without steps', 'workflow(id: "wf") { runs(first: 100) { nodes {', 'stepCounts { total }'],
      ['nodes without the list of workflows', 'run(workflowId: "wf", id: "ok") { steps {', 'node { id }'],
      ['steps that can not be read', 'run(workflowId: "wf", id: "unreadable") {', 'steps { id }'],
    ])('have one error where thousands fail, whatever fails: %s', async (_, before, failing) => {
      const hundred = <T>(make: (at: number) => T): readonly T[] => Array.from({ length: 100 }, (__, at) => make(at));
      const messages = [...hundred(() => ({ role: 'user', content: 'hi' })), ...hundred(() => ({ role: 'user' }))];
      const steps: Readonly<Record<string, readonly unknown[]>> = {
        ok: hundred((at) => wireStep({ id: `s${at}`, inputs: { messages } })),
        unreadable: [wireStep(), ...hundred(() => 5)],
      };
      upstream.script = ({ endpoint, runId }) => {
        const json = { steps: steps[runId], runs: hundred((at) => wireRun(`r${at}`)), run: [wireRun(runId)] };
        const found = Object.entries(json).find(([name]) => name === endpoint)?.[1];
        return found ? { json: found } : { status: 404, json: {} };
      };
      await gateway.close();
      const maxima = { MAX_OPERATION_COST: '10000000', MAX_OPERATION_OBJECTS: '14000' };
      gateway = await startGateway({ UPSTREAM_URL: upstream.url, ...maxima });
      const fields = Array.from({ length: 60 }, (__, at) => `a${at}: ${failing}`).join(' ');
      const query = `{ ${before} ${fields} ${'} '.repeat(before.split('{').length)}`;
      for (const time of TIMES) {
        const { data, errors } = await gateway.query(query);
        expect({ time, data, count: errors.length }).toEqual({ time, data: null, count: 1 });
        expect(errors).toMatchObject([{ message: expect.stringContaining('More than 5000 fields') }]);
      }
    });

    it('are counted while the answer is made: the list that is too long is an error, the rest is answered', async () => {
      const lists = Array.from({ length: 6 }, (_, at) => `a${at}: steps { id errorInfo { message } }`).join(' ');
      const query = `{
        small: run(workflowId: "wf", id: "small") { status steps { id } }
        large: run(workflowId: "wf", id: "large") { status totalElapsedTime ${lists} }
      }`;
      for (const time of TIMES) {
        const { status, data, errors } = await gateway.query(query);
        expect({ time, status }).toEqual({ time, status: 200 });
        expect(data).toMatchObject({ small: { status: 'COMPLETED', steps: [{ id: 's0' }, { id: 's1' }] } });
        expect(errors.length).toBeGreaterThan(0);
        expect(errors).toEqual(
          errors.map(() => ({
            message: expect.stringContaining('MAX_OPERATION_OBJECTS'),
            path: ['large', expect.stringMatching(/^a\d$/)],
            extensions: { code: 'ANSWER_TOO_LARGE', retryable: false, requestId: expect.any(String) },
          })),
        );
      }
    });

    it('are told from a list that just fits', async () => {
      const query = '{ run(workflowId: "wf", id: "large") { steps { id } } }';
      const { data, errors } = await gateway.query(query);
      expect(errors).toEqual([]);
      expect((data as { run: { steps: unknown[] } }).run.steps).toHaveLength(5000);
    });

    it.each(TRANSPORTS)('share the bound of bytes with all payloads of the answer: %s', async (transport) => {
      await gateway.close();
      gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_ANSWER_BYTES: '100000' });
      const query = '{ run(workflowId: "wf", id: "large") { status steps { id outputs } } }';
      for (const time of TIMES) {
        const { data, errors } = await send(transport, gateway.url, { query });
        expect({ time, data }).toEqual({ time, data: null });
        expect(errors).toMatchObject([{ extensions: { code: 'ANSWER_TOO_LARGE' } }]);
      }
    });
  });

  it.each([
    ['its size', '1024', 'outputs'],
    [
      'the number of its failures',
      '1000000',
      Array.from({ length: 51 }, (_, at) => `a${at}: outputs(path: "abs('x')")`),
    ],
  ])(
    'of a mutation whose answer is refused for %s are told to be of a run that has started',
    async (_, max, fields) => {
      await gateway.close();
      gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_ANSWER_BYTES: max });
      const steps = Array.from({ length: 100 }, (__, at) => wireStep({ id: `s${at}` }));
      upstream.script = ({ endpoint, runId }) => {
        if (endpoint === 'execute') return { json: { run_id: 'r1', message: 'accepted' } };
        return { json: endpoint === 'steps' ? steps : [wireRun(runId)] };
      };
      const query = `mutation { executeWorkflow(workflowId: "wf") { run { steps { ${String(fields)} } } } }`;
      const { data, errors } = await gateway.query(query);
      expect(data).toBeNull();
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('The mutation was executed all the same: what it starts has started.'),
          extensions: { code: 'ANSWER_TOO_LARGE', retryable: false },
        },
      ]);
      expect(upstream.count('execute')).toBe(1);
    },
  );

  it.each([
    ['objects', '40', 'id elapsedTime'],
    ['JMESPath steps', '1000', 'id elapsedTime outputs(path: "sort(items)")'],
  ])('are counted anew where a number in the answer makes it begin again: %s', async (_, maxObjects, fields) => {
    await gateway.close();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_OBJECTS: maxObjects });
    const outputs = { items: Array.from({ length: 2000 }, (__, at) => (at * 7919) % 2003) };
    const steps = Array.from({ length: 30 }, (__, at) =>
      wireStep({ id: `s${at}`, outputs, elapsed_time: at === 7 ? 2 ** 40 : 1 }),
    );
    upstream.script = ({ endpoint, runId }) => ({ json: endpoint === 'steps' ? steps : [wireRun(runId)] });
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "r1") { steps { ${fields} } } }`);
      expect({ time, data }).toMatchObject({ time, data: { run: { steps: steps.map(({ id }) => ({ id })) } } });
      expect(errors).toMatchObject([
        { path: ['run', 'steps', 7, 'elapsedTime'], extensions: { code: 'NUMBER_OUT_OF_RANGE' } },
      ]);
    }
  });

  it('share one budget of JMESPath steps over aliases, steps and runs; other fields are answered', async () => {
    const items = Array.from({ length: 2000 }, (_, at) => (at * 7919) % 2003);
    const steps = Array.from({ length: 10 }, (_, at) => wireStep({ id: `s${at}`, outputs: { items } }));
    upstream.script = ({ endpoint, runId }) => ({ json: endpoint === 'steps' ? steps : [wireRun(runId)] });
    const aliases = Array.from({ length: 20 }, (_, at) => `p${at}: outputs(path: "sort(items)[${at}]")`).join(' ');
    const query = `{ workflow(id: "wf") { runsById(ids: ["r1", "r2", "r3"]) { id status steps { id ${aliases} } } } }`;
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(query);
      const { runsById } = (data as { workflow: { runsById: { status: string; steps: Record<string, unknown>[] }[] } })
        .workflow;
      const expected = { status: 'COMPLETED', ids: steps.map(({ id }) => id) };
      expect({
        time,
        runs: runsById.map(({ status, steps: answered }) => ({ status, ids: answered.map(({ id }) => id) })),
      }).toEqual({ time, runs: [expected, expected, expected] });
      // The first are found, the last are not; each of the others is null with an error of its own.
      const values = runsById.flatMap(({ steps: answered }) =>
        answered.flatMap((step) => Object.entries(step).flatMap(([name, value]) => (name === 'id' ? [] : [value]))),
      );
      expect(values).toHaveLength(600);
      const found = values.filter((value) => value !== null).length;
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(100);
      expect(errors).toHaveLength(600 - found);
      for (const { message, extensions } of errors) {
        expect(message).toContain('the paths of one operation may take 1000000 steps together');
        expect(extensions.code).toBe('BAD_USER_INPUT');
      }
    }
  });
});
