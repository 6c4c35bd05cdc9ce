/** Answers of more than a megabyte: they are written in pieces, so that others are answered in between. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { openStream } from '../harness/live-client.ts';
import { connectRaw } from '../harness/raw-http.ts';
import { wireRun } from '../harness/wire.ts';
import { perBlock } from '../harness/lasting.ts';

const MEGABYTE = 2 ** 20;

/** Nearly the megabyte that may be read by a path: so the gateway writes them itself. */
const OUTPUTS: Readonly<Record<string, unknown>> = {
  'pairs of surrogates at all edges': [`a${'🐎'.repeat(200_000)}`, '🐎'.repeat(200_000)],
  'halves of pairs': '\ud83d'.repeat(150_000),
  'many numbers': Array.from({ length: 140_000 }, (_, index) => index),
  'long texts in a list': ['x'.repeat(500_000), '', '"\\\n'.repeat(40_000), null, 1.5],
  'many fields': Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key-${index}`, 'x'.repeat(150)])),
  'lists in lists': Array.from({ length: 25 }, () => [[], {}, ['é'.repeat(33_000)]]),
};
const query = (id: string, ...fields: string[]) => `{ run(workflowId: "wf", id: "${id}") { ${fields.join(' ')} } }`;

describe('a large answer', () => {
  const written = Object.entries(OUTPUTS).map(([name, value]): [string, string] => {
    const run = wireRun(name, { outputs: { value } });
    // With line breaks between its values, as some upstream may write it.
    return [name, JSON.stringify([run], null, '\r\n')];
  });
  const runs = new Map(written);
  const upstream = perBlock(() =>
    startFaultyUpstream(({ endpoint, runId }) =>
      endpoint === 'run' ? { raw: runs.get(runId) ?? '[]' } : { status: 404, json: {} },
    ),
  );
  const gateway = perBlock(() => startGateway({ UPSTREAM_URL: upstream.url }));
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each(Object.keys(OUTPUTS))('is the value of the upstream, known or not: %s', async (name) => {
    // A difference of such texts would fill the screen.
    const value = OUTPUTS[name];
    const expected = JSON.stringify({ run: { id: name, outputs: { value }, a: value, b: value } });
    const document = query(name, 'id', 'outputs', 'a: outputs(path: "value")', 'b: outputs(path: "value")');
    for (let time = 0; time < 2; time += 1) {
      const { data, errors } = await gateway.query(document);
      expect(errors).toEqual([]);
      expect(JSON.stringify(data) === expected).toBe(true);
    }
    // An event of a stream must be one line.
    const stream = await openStream(gateway.url, { query: document }, 'key-1');
    expect(JSON.stringify(await stream.nextData()) === expected).toBe(true);
    stream.cut();
  });

  /** How many characters the gateway writes as JSON in each turn of the event loop. */
  function watchTurns() {
    const turns = [0];
    const stringify = JSON.stringify;
    jest.spyOn(JSON, 'stringify').mockImplementation((...given: Parameters<typeof JSON.stringify>) => {
      const text = stringify(...given);
      turns.push((turns.pop() ?? 0) + text.length);
      return text;
    });
    let timer = setImmediate(function next() {
      turns.push(0);
      timer = setImmediate(next);
    });
    return {
      total: () => turns.reduce((sum, length) => sum + length),
      largest: () => turns.reduce((one, another) => Math.max(one, another), 0),
      stop: () => {
        clearImmediate(timer);
      },
    };
  }
  const LARGE = query('lists in lists', ...'abcdefgh'.split('').map((name) => `${name}: outputs(path: "value")`));
  const LENGTH = 8 * 25 * 33_000;

  it('is written in several turns of the event loop', async () => {
    await gateway.query(LARGE);
    const { largest, total, stop } = watchTurns();
    // Another text, so that no cache has its answer.
    const { status } = await gateway.query(`${LARGE} `);
    stop();
    expect(status).toBe(200);
    expect(total()).toBeGreaterThan(LENGTH);
    expect(largest()).toBeLessThan(2 * MEGABYTE);
  });

  it('is not written to its end when its client leaves', async () => {
    const raw = await connectRaw(gateway.url);
    const watched = watchTurns();
    await raw.send(
      `GET /graphql?query=${encodeURIComponent(`${LARGE}  `)} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key-1\r\n\r\n`,
    );
    while (watched.total() < MEGABYTE / 2) await new Promise((resolve) => setImmediate(resolve));
    raw.socket.resetAndDestroy();
    await gateway.query('{ __typename }');
    await gateway.query('{ __typename }');
    watched.stop();
    expect(watched.total()).toBeLessThan(LENGTH);
  });
});
