import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { createManualClock } from '../harness/clock.ts';
import { SAMPLE, TestGateway } from '../harness/gateway.ts';
import { createIncident, NEWEST, ordersOf } from '../harness/incident.ts';
import { perBlock } from '../harness/lasting.ts';
import { connectMcp } from '../peers/mcp-client.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const NOW = Date.parse('2026-11-24T12:00:00Z');
const RUN = { workflowId: 'wf', runId: NEWEST };

describe('docs/mcp.md', () => {
  const gateway = perBlock(new TestGateway({ script: createIncident(NOW, ordersOf()), clock: createManualClock(NOW) }));

  it('shows a real call', async () => {
    const client = await connectMcp('@modelcontextprotocol/client 2', gateway.url, 'key-1');
    const { text } = await client.call('diagnose_run', RUN);
    await client.close();
    const result = text.replaceAll(/untrusted-\w+/g, 'untrusted-1f0c9a7e');
    const [, written] = read('docs/mcp.md').split('<!-- call -->\n\n');
    expect(written).toBe(`\`\`\`\`text\ndiagnose_run ${JSON.stringify(RUN)}\n\n${result}\n\`\`\`\`\n`);
  });

  it('lists the arguments of each tool', async () => {
    const client = await connectMcp('@modelcontextprotocol/sdk 1', gateway.url, 'key-1');
    const rows = (await client.tools()).map(({ name, inputSchema }) => {
      const taken = Object.keys(inputSchema.properties ?? {}).filter((argument) => argument !== 'maxBytes');
      return [name, taken.map((argument) => `\`${argument}\``).join(', ')];
    });
    await client.close();
    const listed = [...read('docs/mcp.md').matchAll(/^\| `([a-z_]+)` \| .+\? \| (.+) \|$/gm)].map(([, ...row]) => row);
    expect(listed).toEqual(rows);
  });
});

describe('/llms.txt', () => {
  const gateway = perBlock(new TestGateway({ upstream: SAMPLE, env: { BASE_PATH: '/base' } }));

  it('has at most 4 KB, valid operations, and addresses below BASE_PATH', async () => {
    for (const path of ['/llms.txt', '/base/llms.txt']) {
      const response = await fetch(`${gateway.url}${path}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
      const text = await response.text();
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
      expect(text).toContain('(/base/mcp)');
      const operations = [...text.matchAll(/`(\{ .+ \})`/g)].map(([, operation = '']) => operation);
      expect(operations.length).toBeGreaterThan(10);
      const schema = buildSchema(read('schema.graphql'));
      expect(operations.flatMap((operation) => validate(schema, parse(operation)))).toEqual([]);
    }
  });
});
