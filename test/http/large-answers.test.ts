/** Answers of more than a megabyte, over HTTP and as an event. */
import { describe, expect, it } from '@jest/globals';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { openStream } from '../harness/live-client.ts';
import { wireRun } from '../harness/wire.ts';
import { perBlock } from '../harness/lasting.ts';

/** Almost the megabyte that a path may read. */
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
    // Some upstreams write line breaks between values.
    return [name, JSON.stringify([run], null, '\r\n')];
  });
  const runs = new Map(written);
  const upstream = perBlock(() =>
    startFaultyUpstream(({ endpoint, runId }) =>
      endpoint === 'run' ? { raw: runs.get(runId) ?? '[]' } : { status: 404, json: {} },
    ),
  );
  const gateway = perBlock(() => startGateway({ UPSTREAM_URL: upstream.url }));

  it.each(Object.keys(OUTPUTS))("has the upstream's value, first and from the cache: %s", async (name) => {
    // A diff of such texts would fill the screen.
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
});
