import { describe, expect, it } from '@jest/globals';
import { postTo, startGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { captureLog, scrape } from '../harness/observed.ts';
import { type Script, ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { SpanReceiver } from './span-receiver.ts';
import { startTracingSdk } from './tracing-sdk.ts';

/** Appears in every place that can contain data of a caller or a run. */
const CANARY = 'canary';
const KEY = `key-${CANARY}`;
const SECRET = { secret: CANARY };

const singing: Script = ({ endpoint, runId, cut }) => {
  if (runId === 'hanging') return cut.then(() => ({}));
  if (runId === 'cut') return { raw: CANARY.repeat(20), cutAfter: 10 };
  if (runId === 'broken') return { raw: `{"${CANARY}": ` };
  if (runId === 'refused') return { status: 500, headers: { [`x-${CANARY}`]: CANARY }, raw: CANARY };
  if (runId === 'odd') return { json: [{ id: CANARY, status: SECRET }] };
  if (endpoint === 'steps') {
    const error = JSON.stringify({ message: CANARY, code: CANARY });
    return { json: [wireStep({ status: 'failed', error, inputs: SECRET, outputs: SECRET })] };
  }
  if (endpoint === 'run') return { json: [wireRun(runId, { error: CANARY, inputs: SECRET, outputs: SECRET })] };
  if (endpoint === 'execute') return { status: 400, json: SECRET };
  return { json: [] };
};

const READ = `query Reads($id: ID!, $secret: String = "${CANARY}") {
  run(workflowId: "wf", id: $id) {
    status inputs outputs steps { inputs outputs(path: $secret) errorInfo { message } }
  }
}`;

describe('the secrets of callers and runs', () => {
  const upstream = perTest(new ScriptedUpstream(singing));
  const receiver = perTest(new SpanReceiver());

  it('stay out of every log line, metric and span', async () => {
    const log = captureLog('trace');
    const sdk = startTracingSdk(receiver.url);
    const env = {
      UPSTREAM_AUTH_HEADER: 'x-api-key: {key}',
      UPSTREAM_HEADERS: `x-tenant-key: ${CANARY}-fixed`,
      UPSTREAM_TIMEOUT_MS: '1000',
    };
    const gateway = await startGateway({ upstream, env, logger: log.logger });
    const ask = (query: string, variables: Readonly<Record<string, unknown>> = {}) =>
      gateway.query(query, { key: KEY, variables });

    const seen = [];
    for (const id of ['r1', 'r1', 'r1', 'broken', 'refused', 'cut', 'hanging', 'odd', `${CANARY}\n`])
      seen.push(await ask(READ, { id }));
    seen.push(
      await ask('mutation Start($inputs: JSON) { executeWorkflow(workflowId: "wf", inputs: $inputs) { message } }', {
        inputs: SECRET,
      }),
    );
    // Wrong variables, wrong documents, and bodies that are not JSON.
    seen.push(await ask(READ, { id: SECRET }));
    seen.push(await ask(`{ ${CANARY} }`));
    seen.push(await ask(`{ "${CANARY}`));
    await postTo(gateway.url, CANARY, { key: KEY });
    await fetch(`${gateway.url}/${CANARY}?${CANARY}`);
    await fetch(`${gateway.url}/graphql?query={${CANARY}}`, { headers: { authorization: `Bearer ${KEY}` } });

    const watch = `subscription Watching { runUpdated(workflowId: "wf", id: "r1") { run { outputs steps { outputs errorInfo { message } } } } }`;
    const stream = await openStream(gateway.url, { query: watch }, KEY);
    await stream.nextData();
    const socket = await openSocket(gateway.url, { authorization: `Bearer ${KEY}` });
    socket.subscribe({ query: watch, variables: SECRET });
    await socket.nextData();
    await socket.next();
    socket.send(`{"type":"${CANARY}`);
    await socket.next();
    await upstream.close();
    seen.push(await ask(READ, { id: 'gone' }));
    // This key cannot be in a header.
    seen.push(await gateway.query(READ, { key: `${KEY}-\u00e9`, variables: { id: 'r1' } }));
    const figures = await scrape(gateway.url);
    await gateway.close();
    await sdk.close();

    // The canary was in every place that should have it.
    expect(JSON.stringify(seen)).toContain(CANARY);
    for (const { headers } of upstream.calls)
      expect(headers).toMatchObject({ 'x-api-key': KEY, 'x-tenant-key': `${CANARY}-fixed` });
    expect(upstream.calls.some(({ body }) => body.includes(CANARY))).toBe(true);
    expect(log.operations.length).toBeGreaterThan(10);
    expect(receiver.spans.length).toBeGreaterThan(10);

    expect(log.text).not.toContain(CANARY);
    expect(figures.text).not.toContain(CANARY);
    expect(receiver.text).not.toContain(CANARY);
  });
});
