/** Hive Gateway as a separate process, as its command line starts it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { INCIDENTS_SDL } from './incidents.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly path?: unknown; readonly extensions: Readonly<Record<string, unknown>> }[];
}

export interface HiveGateway {
  readonly url: string;
  query(query: string, options?: { key?: string; requestId?: string; variables?: unknown }): Promise<Answer>;
  close(): Promise<void>;
}

/** As a proxy it takes the schema from a file: in production Stepgate answers no introspection. */
export const proxyOf = (url: string): readonly string[] => ['proxy', url, '--schema', at('../../schema.graphql')];

/** A supergraph of Stepgate and a subgraph of incidents. */
export function supergraphOf(url: string, incidentsUrl: string): readonly string[] {
  const { supergraphSdl, errors } = composeServices([
    { name: 'stepgate', url, typeDefs: parse(readFileSync(at('../../schema.graphql'), 'utf8')) },
    { name: 'incidents', url: incidentsUrl, typeDefs: parse(INCIDENTS_SDL) },
  ]);
  if (supergraphSdl === undefined) throw new Error(`expected a supergraph, got ${String(errors)}`);
  const file = join(mkdtempSync(join(tmpdir(), 'supergraph-')), 'supergraph.graphql');
  writeFileSync(file, supergraphSdl);
  return ['supergraph', file];
}

export async function startHiveGateway(command: readonly string[], config = 'gateway.config.ts'): Promise<HiveGateway> {
  const port = await freePort();
  const options = ['--host', '127.0.0.1', '--port', String(port), '--config-path', at(`hive-gateway/${config}`)];
  const child = spawn(at('node_modules/.bin/hive-gateway'), [...command, ...options], {
    cwd: at('.'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk);
        if (output.includes('Listening on')) resolve();
      });
    }
    void ended.then(() => reject(new Error(`expected Hive Gateway to start, got:\n${output}`)));
  });
  const url = `http://127.0.0.1:${port}/graphql`;
  return {
    url,
    async query(query, { key, requestId, variables } = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(requestId !== undefined && { 'x-request-id': requestId }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
