import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StepgatePlugin } from '../../src/graphql/apollo/server.ts';
import { type GraphqlAnswer, startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { subscribe } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { codesOf, ofRun, placesOf, repeat } from '../harness/operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const MARK = '@@json@@';
const MIB = 2 ** 20;
const stepsWith = (outputs: string, rest: object = {}): string =>
  JSON.stringify([wireStep({ ...rest, outputs: MARK })]).replace(JSON.stringify(MARK), () => outputs);

describe('a large payload', () => {
  let outputs = '{}';
  let rest: object = {};
  let runs = 0;
  const upstream = perBlock(
    new ScriptedUpstream(({ endpoint }) =>
      endpoint === 'steps' ? { raw: stepsWith(outputs, rest) } : { status: 404, json: {} },
    ),
  );
  const options = { upstream, env: { MAX_ANSWER_BYTES: String(2 * MIB), MCP: 'on' } };
  const onLoop = perBlock(new TestGateway({ ...options, maxBytesOnLoop: Infinity }));
  const inWorker = perBlock(new TestGateway({ ...options, maxBytesOnLoop: 0 }));
  const ordinary = perBlock(new TestGateway(options));
  const nextRun = () => `r${(runs += 1)}`;
  beforeEach(() => {
    rest = {};
  });

  /** Without the ids of requests, which differ. The order of errors is not defined. */
  const textOf = ({ data, errors }: Pick<GraphqlAnswer, 'data' | 'errors'>) =>
    JSON.stringify([data, errors.map(({ message, path }) => `${message} ${path?.join('.')}`).sort()]);

  const values = fc.jsonValue({ maxDepth: 4 });
  const long = fc.constantFrom('12345678901234567890', '[-9007199254740993]', '{"__proto__":1e400}', '"\\ud83d"', '-0');
  const sizes = fc.constantFrom(0, 10, 5000, MIB);
  const written = fc
    .tuple(values, long, sizes)
    .map(([value, odd, more]) => `{"a":[${JSON.stringify(value)},${odd}],"more":"${'é'.repeat(more / 2)}"}`);
  const paths = fc.constantFrom(
    'a',
    'a[0]',
    '*',
    'a[].[@, more]',
    '{x: a, y: more}',
    'a..b',
    'length(a)',
    'constructor',
  );

  it('is the same from the worker as on the loop', async () => {
    await fc.assert(
      fc.asyncProperty(written, written, paths, async (one, another, path) => {
        [outputs, rest] = [one, { inputs: { input_data: JSON.parse(another) as unknown, model: 'm' } }];
        const argument = `(path: ${JSON.stringify(path)})`;
        const query = ofRun(
          `inputs part: inputs${argument} steps { outputs part: outputs${argument} again: outputs inputs metadata
           outputsSizeBytes inputsSizeBytes conversation { model messages { content } } }`,
          nextRun(),
        );
        const [expected, found] = await Promise.all([onLoop.query(query), inWorker.query(query)]);
        expect(textOf(found)).toBe(textOf(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('counts against the budgets of an operation', async () => {
    outputs = `[${'0,'.repeat(MIB / 4)}0]`;
    for (const fields of [
      repeat(5, (index) => `a${index}: outputs`),
      repeat(50, (index) => `a${index}: outputs(path: "[${'|[*]'.repeat(20)}]")`).replaceAll('[|', '@|'),
      repeat(50, (index) => `a${index}: outputs(path: "@${'|[*]'.repeat(20)}|[${index}]")`),
    ]) {
      const query = ofRun(`steps { ${fields} id inputs metadata outputsSizeBytes }`, nextRun());
      const [expected, found] = await Promise.all([onLoop.query(query), inWorker.query(query)]);
      expect(expected.errors.length).toBeGreaterThan(0);
      expect(textOf(found)).toBe(textOf(expected));
    }
  });

  it.each(TRANSPORTS)('arrives whole by %s', async (transport) => {
    outputs = `[${'{"a":"é\\"\\n"},'.repeat(80_000)}{}]`;
    const answer = await send(transport, ordinary.url, { query: ofRun('steps { id outputs }', nextRun()) });
    expect(JSON.stringify(answer.data) === `{"run":{"steps":[{"id":"step-1","outputs":${outputs}}]}}`).toBe(true);
  });

  it('is cut for an agent as on the loop', async () => {
    outputs = `{"items":[${'{"name":"a name","text":"a text"},'.repeat(40_000)}{}],"other":7}`;
    const params = { name: 'read_payload', arguments: { workflowId: 'wf', runId: nextRun(), maxBytes: 5000 } };
    const call = async (url: string) => {
      const response = await fetch(`${url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer key-1',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      });
      const [, structured = ''] = /"structuredContent":(.*)/.exec(await response.text()) ?? [];
      return structured;
    };
    const expected = await call(onLoop.url);
    expect(expected).toMatch(/first \d+ of 40001 items/);
    expect(await call(inWorker.url)).toBe(expected);
  });

  it("is a plain value for an embedder's plugins", async () => {
    outputs = JSON.stringify({ a: 'x'.repeat(MIB) });
    const seen: unknown[] = [];
    const plugin: StepgatePlugin = {
      requestDidStart: () =>
        Promise.resolve({
          willSendResponse({ response: { body } }) {
            seen.push(body.kind === 'single' && body.singleResult.data);
            return Promise.resolve();
          },
        }),
    };
    const gateway = await startGateway({ ...options, plugins: [plugin] });
    await gateway.query(ofRun('steps { outputs }', nextRun()));
    await gateway.close();
    expect(JSON.stringify(seen) === `[{"run":{"steps":[{"outputs":${outputs}}]}}]`).toBe(true);
  });

  describe('that needs too much memory', () => {
    const small = perBlock(new TestGateway({ ...options, workerHeapMb: 32 }));

    it('is null with an error, and the next one is read', async () => {
      outputs = `[${'{},'.repeat(MIB)}{}]`;
      const failed = await small.query(ofRun('id steps { id outputs(path: "[0]") }', nextRun()));
      expect(failed.data).toEqual({ run: null });
      expect(placesOf(failed)).toEqual(['run: UPSTREAM_CONTRACT_VIOLATION']);
      expect(failed.errors[0]?.message).toContain('readable with 32 MB of memory');
      outputs = `["${'x'.repeat(MIB)}", 7]`;
      const next = await small.query(ofRun('steps { outputs(path: "[1]") }', nextRun()));
      expect(codesOf(next)).toEqual([]);
      expect(next.data).toEqual({ run: { steps: [{ outputs: 7 }] } });
    });
  });
});

describe('a watched run', () => {
  it.each([
    ['on the loop', Infinity],
    ['in the worker', 0],
  ])('sends an event only for a different value, read %s', async (_, maxBytesOnLoop) => {
    const run = await new LiveRun({ maxBytesOnLoop }).open();
    const show = (outputs: string) => {
      run.upstream.script = ({ endpoint, runId }) =>
        endpoint === 'steps'
          ? { raw: stepsWith(outputs) }
          : { json: [wireRun(runId, { status: 'running', end_time: null })] };
    };
    show('{"a":1,"b":[2]}');
    const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { outputs } } } }';
    const client = await subscribe('graphql-sse', run.gateway.url, query);
    await client.nextData();
    await run.feeds(1);
    show('{ "b": [2], "a": 1 }');
    await run.poll();
    show('{"a":3,"b":[2]}');
    await run.poll();
    expect(await client.nextData()).toEqual({ runUpdated: { run: { steps: [{ outputs: { a: 3, b: [2] } }] } } });
    client.cut();
    await run.close();
  });
});
