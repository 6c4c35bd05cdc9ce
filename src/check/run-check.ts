/** `stepgate check`: checks the upstream with the gateway's settings. */
import type { Config } from '../config/config.ts';
import { createUpstreamClient } from '../upstream/client.ts';
import { createHttpTransport } from '../upstream/transport/http-transport.ts';
import type { Transport } from '../upstream/transport/transport.ts';
import { ReadingWorker } from '../upstream/worker/reading-worker.ts';
import { createAttempts, type CallResult } from './attempts.ts';
import { tryCalls } from './check.ts';
import { readCheckOptions, type CheckOptions } from './options.ts';
import { isGood, reportOf } from './report.ts';

export interface CheckProcess {
  /** Reads the config, with the settings of a file if one is named. Throws ConfigError. */
  readonly configWith: (file: string | undefined) => Config;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readStdin: () => Promise<string>;
  readonly write: (text: string) => void;
}

/** Resolves to the exit code: 0 if all attempted calls work without losing values. Throws UsageError. */
export async function runCheck({ configWith, args, environment, readStdin, write }: CheckProcess): Promise<number> {
  const { config, options } = await readCheckOptions(args, environment, readStdin, configWith);
  const embedded =
    config.upstreamUrl === null
      ? await (await import('../sample/server.ts')).createEmbeddedUpstream({ port: 0 })
      : null;
  try {
    const results = await tryAll(config, createHttpTransport(config, embedded?.url), options);
    write(reportOf(describe(config), results));
    return isGood(results) ? 0 : 1;
  } finally {
    await embedded?.close();
  }
}

/** Tries each call in sequence. */
export async function tryAll(
  config: Config,
  transport: Transport,
  options: CheckOptions,
): Promise<readonly CallResult[]> {
  const { results, ...attempts } = createAttempts(config);
  const worker = new ReadingWorker();
  const client = createUpstreamClient({ config, transport, observer: attempts.observer, worker });
  await tryCalls(client, attempts, options).finally(() => {
    client.close();
    return worker.close();
  });
  return results;
}

/** Lists headers and proxies from name only: their values may be secret. */
function describe({ upstreamUrl, upstreamConnection: { authHeader, headers, proxy } }: Config): string {
  const others = Object.keys(headers);
  const proxies = proxy ? Object.entries(proxy).flatMap(([name, value]) => (value === undefined ? [] : [name])) : [];
  return [
    upstreamUrl ?? 'embedded (UPSTREAM_URL is not set)',
    `key in the header ${authHeader.name}`,
    ...(others.length > 0 ? [`additional headers ${others.join(', ')}`] : []),
    ...(proxies.length > 0 ? [`proxies from ${proxies.join(', ')}`] : []),
  ].join('; ');
}
