/** A real Prometheus over a gateway, by the files that are to be deployed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const FILES = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

/** False where the machine has no `prometheus` and `promtool`. */
export const HAS_PROMETHEUS = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);

export interface Prometheus {
  /** `data` of what its HTTP API answers, once that is as it should be. */
  poll<T>(path: string, isAsItShould: (data: T) => boolean): Promise<T>;
  /** `success`, or an error with its reason: of the query itself, whatever there is to be found. */
  evaluate(query: string): Promise<{ readonly status: string; readonly error?: string }>;
  close(): Promise<void>;
}

const WITHIN_MS = 30_000;

export async function startPrometheus(gatewayUrl: string): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'stepgate-prometheus-'));
  await cp(FILES, directory, { recursive: true });
  const file = join(directory, 'prometheus.yml');
  const config = await readFile(file, 'utf8');
  const targets = /dns_sd_configs:\n.*\n *relabel_configs:\n.*\n/;
  if (!targets.test(config)) throw new Error('expected the targets in prometheus.yml');
  // No name server knows the gateway here. Not to wait for quarters of a minute.
  const own = config.replace(targets, `static_configs: [{ targets: ['${new URL(gatewayUrl).host}'] }]\n`);
  await writeFile(file, own.replaceAll(/(_interval:) 15s/g, '$1 1s'));

  const child = spawn(
    'prometheus',
    [`--config.file=${file}`, `--storage.tsdb.path=${join(directory, 'data')}`, '--web.listen-address=127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'close');
  const address = await listening(child.stderr, exited);

  async function read(path: string): Promise<unknown> {
    const answer = await fetch(`http://${address}/api/v1/${path}`);
    return answer.ok ? ((await answer.json()) as { readonly data: unknown }).data : null;
  }
  return {
    async poll<T>(path: string, isAsItShould: (data: T) => boolean): Promise<T> {
      const until = performance.now() + WITHIN_MS;
      let data: unknown = null;
      while (performance.now() < until) {
        data = await read(path);
        if (data !== null && isAsItShould(data as T)) return data as T;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`expected another answer to ${path}; got ${JSON.stringify(data)}`);
    },
    async evaluate(query) {
      const answer = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(query)}`);
      const { status, error } = (await answer.json()) as { readonly status: string; readonly error?: string };
      return { status, ...(error !== undefined && { error }) };
    },
    async close() {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

/** It says in its log which port it was given. */
function listening(stderr: NodeJS.ReadableStream, exited: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const address = /msg="?Listening on"? address="?(127\.0\.0\.1:\d+)/i.exec(printed)?.[1];
      if (address !== undefined) resolve(address);
    });
    void exited.then(() => {
      reject(new Error(`Prometheus did not start: ${printed}`));
    });
  });
}
