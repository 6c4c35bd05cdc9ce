/** The contenders, by their name in the tables. All run as production, compiled, on the first core. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContainer } from './container.ts';
import { ORDINARY, runIdOf, WORKFLOW_ID } from './fixture-runs.ts';
import { freePort, untilListening } from './ports.ts';
import { peakRssMb, resetPeakRss, rssMb, runToEnd, start, urlOf, type Running } from './processes.ts';
import { AUTHORIZATION } from './queries.ts';

export interface Contender {
  readonly name: string;
  /** The program and its arguments, from `bench/.build`. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It does not print its address: its port is set. */
  readonly isSilent?: boolean;
}

export interface StartedContender {
  readonly name: string;
  /** URL of GraphQL. */
  readonly url: string;
  readonly process: Running;
  /** Whether it runs in a container. */
  readonly isContained: boolean;
  /** Peak memory since the last reset. */
  peakRssMb(): number | null;
  rssMb(): number | null;
  resetPeakRss(): void;
  stop(): Promise<void>;
}

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The checkout whose gateway is measured. */
export const CHECKOUT = process.env.STEPGATE_CHECKOUT ?? ROOT;
export const BENCH = fileURLToPath(new URL('.', import.meta.url));
const BUILD = `${BENCH}.build/`;
export const STEPGATE_MAIN = `${BUILD}stepgate/dist/main.js`;
const peer = (file: string): string => `${BUILD}peers/peers/${file}.js`;

/** The run of W1, whose answer is ready in node:http. */
export const HOT_RUN = runIdOf(ORDINARY, 'hot');

export const stepgate: Contender = {
  name: 'Stepgate',
  command: [STEPGATE_MAIN],
  env: { PORT: '0', UPSTREAM_ENDPOINTS: 'steps', LOG_LEVEL: 'info' },
};
export const nodeHttp: Contender = {
  name: 'node:http, ready bytes (the limit)',
  command: [peer('node-http'), AUTHORIZATION, WORKFLOW_ID, HOT_RUN],
};
export const fastifyReady: Contender = {
  name: 'Fastify, ready bytes',
  command: [peer('fastify-ready'), AUTHORIZATION, WORKFLOW_ID, HOT_RUN],
};
export const mercuriusCache: Contender = {
  name: 'Mercurius + JIT + mercurius-cache',
  command: [peer('mercurius'), 'cache'],
};
export const mercuriusLru: Contender = { name: 'Mercurius + JIT + LRU', command: [peer('mercurius'), 'lru'] };
export const mercuriusPlain: Contender = {
  name: 'Mercurius + JIT + DataLoader',
  command: [peer('mercurius'), 'plain'],
};
export const apolloResponseCache: Contender = {
  name: 'Apollo + Fastify + response cache + LRU',
  command: [peer('apollo-fastify'), 'response-cache'],
};
export const apolloLru: Contender = { name: 'Apollo + Fastify + LRU', command: [peer('apollo-fastify')] };
export const apolloPlain: Contender = { name: 'Apollo standalone + DataLoader', command: [peer('apollo-standalone')] };
export const apolloGot: Contender = {
  name: 'Apollo standalone + DataLoader over got',
  command: [peer('apollo-standalone'), 'got'],
};
export const yoga: Contender = { name: 'Yoga + response cache + LRU', command: [peer('yoga')] };
export const hive: Contender = { name: 'Hive Gateway + response cache', command: [peer('hive-gateway')] };
export const bareScript: Contender = { name: 'bare got + p-limit + JSON.parse', command: [peer('bare')] };

export interface ContenderOptions {
  readonly upstreamUrl: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of node itself. */
  readonly nodeArguments?: readonly string[];
  readonly hasChannel?: boolean;
  /** Starts it in a container with this much memory, where the bench may create one. */
  readonly containerMib?: number;
}

export async function startContender(contender: Contender, options: ContenderOptions): Promise<StartedContender> {
  const port = contender.isSilent ? await freePort() : null;
  const container = options.containerMib === undefined ? null : createContainer(options.containerMib);
  const command = [process.execPath, ...(options.nodeArguments ?? []), ...contender.command];
  const running = start(container?.command(command) ?? command, {
    core: 0,
    printsToFile: true,
    env: {
      NODE_ENV: 'production',
      UPSTREAM_URL: options.upstreamUrl,
      ...contender.env,
      ...options.env,
      ...(port !== null && { PORT: String(port) }),
    },
    hasChannel: options.hasChannel ?? false,
  });
  if (port !== null) await untilListening(port, running);
  const printed = port === null ? await urlOf(running, contender.name) : `http://127.0.0.1:${port}`;
  const url = printed.replace('0.0.0.0', '127.0.0.1');
  return {
    name: contender.name,
    url: url.endsWith('/graphql') ? url : `${url}/graphql`,
    process: running,
    peakRssMb: () => peakRssMb(running.pid),
    rssMb: () => rssMb(running.pid),
    resetPeakRss: () => {
      resetPeakRss(running.pid);
    },
    isContained: container !== null,
    async stop() {
      await running.stop();
      container?.close();
    },
  };
}

/** Starts all contenders, passes them to `use`, and always stops them. */
export async function withContenders<T>(
  contenders: readonly Contender[],
  options: ContenderOptions,
  use: (started: readonly StartedContender[]) => Promise<T>,
): Promise<T> {
  const started: StartedContender[] = [];
  try {
    for (const contender of contenders) started.push(await startContender(contender, options));
    return await use(started);
  } catch (error) {
    // The output of a contender that has ended explains the error best.
    const gone = started.filter(({ process: { child } }) => child.exitCode !== null || child.signalCode !== null);
    if (gone.length === 0) throw error;
    const explained = gone.map(({ name, process: { child, output } }) => {
      return `${name} ended with ${child.exitCode ?? child.signalCode ?? ''} and printed:\n${output()}`;
    });
    throw new Error([String(error), ...explained].join('\n'), { cause: error });
  } finally {
    await Promise.all(started.map((contender) => contender.stop()));
  }
}

/**
 * Builds Stepgate as for the image, and compiles the peers to JavaScript: stripping types must not cost time or memory.
 */
export async function buildContenders(): Promise<void> {
  const tsc = [process.execPath, `${ROOT}node_modules/typescript/bin/tsc`];
  const options = { core: 1, cwd: ROOT } as const;
  rmSync(BUILD, { recursive: true, force: true });
  mkdirSync(`${BUILD}stepgate`, { recursive: true });
  // Type errors are reported by `npm run check`, and do not stop the build.
  const compile = async (args: readonly string[]) =>
    runToEnd([...tsc, ...args, '--noCheck', '--sourceMap', 'false'], options, 120_000);
  const build = [process.execPath, 'tools/build/build-server.ts', `${BUILD}stepgate/dist`];
  await runToEnd(build, { core: 1, cwd: CHECKOUT }, 120_000);
  for (const file of ['schema.graphql', 'package.json']) cpSync(join(CHECKOUT, file), `${BUILD}stepgate/${file}`);
  await compile(['-p', 'bench/tsconfig.json', '--noEmit', 'false', '--rootDir', 'bench', '--outDir', `${BUILD}peers`]);
  if (!existsSync(STEPGATE_MAIN)) throw new Error(`the build must write ${STEPGATE_MAIN}, but did not`);
}
