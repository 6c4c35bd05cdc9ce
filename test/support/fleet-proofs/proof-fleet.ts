/** The setup of the proofs: gateways as processes, a real Valkey, and an upstream that counts its calls. */
import { startFaultyUpstream, type Call, type FaultyUpstream, type Reply } from '../../harness/faulty-upstream.ts';
import { SECRET } from '../../harness/fleet.ts';
import { freePort } from '../../harness/program.ts';
import { startProcess, type GatewayProcess } from '../../harness/process.ts';
import { startValkey, type TestValkey } from '../../harness/valkey.ts';
import { startSlowLink, type SlowLink } from './slow-link.ts';
import { wireRun, wireStep } from '../../harness/wire.ts';

export interface ProofFleet {
  readonly valkey: TestValkey;
  /** Between the gateways and Valkey. */
  readonly link: SlowLink;
  readonly upstream: FaultyUpstream;
  readonly gateways: readonly ProofGateway[];
  /** Keys that the upstream refuses. */
  readonly refused: Set<string>;
  close(): Promise<void>;
}

export interface ProofGateway {
  readonly url: string;
  /** SIGTERM, and then another process at the same address. */
  restart(): Promise<void>;
  /** SIGKILL, and then another process at the same address. */
  killAndRestart(): Promise<void>;
}

export interface ProofAnswer {
  readonly status: number;
  readonly text: string;
  readonly codes: readonly unknown[];
  readonly outputs: string | null;
}

export const LIVE_TTL_MS = 1000;

/** Runs called `live-…` never end, and their output is the time of the call. Each answer names its key and run. */
function answerOf({ endpoint, runId, key = '' }: Call): Reply {
  const isLive = runId.startsWith('live-');
  const outputs = isLive ? `${Date.now()}` : `output of ${runId} for ${key}`;
  const live = isLive && { status: 'running', end_time: null, elapsed_time: null };
  if (endpoint === 'run') return { json: [wireRun(runId, { outputs, ...live })] };
  if (endpoint === 'steps') return { json: [wireStep({ id: `${runId}-step`, outputs: `for ${key}`, ...live })] };
  return { status: 404 };
}

export async function startProofFleet(
  count: number,
  environment: Readonly<Record<string, string>> = {},
  words: readonly string[] = [],
): Promise<ProofFleet> {
  const refused = new Set<string>();
  const valkey = await startValkey(words);
  const link = await startSlowLink(valkey.port);
  const upstream = await startFaultyUpstream((call) =>
    refused.has(call.key ?? '') ? { status: 401 } : answerOf(call),
  );
  const settings = {
    UPSTREAM_URL: upstream.url,
    UPSTREAM_ENDPOINTS: 'steps,run',
    REDIS_URL: `redis://127.0.0.1:${link.port}`,
    FLEET_SECRET: SECRET,
    LIVE_TTL_MS: String(LIVE_TTL_MS),
    LOG_LEVEL: 'info',
    ...environment,
  };
  const running: (() => Promise<unknown>)[] = [];

  async function startOne(): Promise<ProofGateway> {
    const port = await freePort();
    const start = async (): Promise<GatewayProcess> => {
      const started = startProcess({ ...settings, PORT: String(port) });
      await started.url();
      return started;
    };
    let current = await start();
    running.push(() => {
      current.child.kill('SIGKILL');
      return current.exited;
    });
    const again = async (signal: 'SIGTERM' | 'SIGKILL') => {
      current.child.kill(signal);
      await current.exited;
      current = await start();
    };
    return {
      url: `http://127.0.0.1:${port}`,
      restart: () => again('SIGTERM'),
      killAndRestart: () => again('SIGKILL'),
    };
  }

  const gateways = await Promise.all(Array.from({ length: count }, startOne));
  return {
    valkey,
    link,
    upstream,
    gateways,
    refused,
    async close() {
      await Promise.all(running.map((end) => end()));
      await upstream.close();
      await link.close();
      await valkey.close();
    },
  };
}

export const queryOf = (id: string): string =>
  `{ run(workflowId: "wf", id: "${id}") { id outputs steps { id outputs } } }`;

/** By GET, which a proxy may repeat. */
export async function ask(url: string, query: string, key = 'key-1'): Promise<ProofAnswer> {
  const response = await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, {
    headers: { authorization: `Bearer ${key}`, 'apollo-require-preflight': 'true', accept: 'application/json' },
  });
  const text = await response.text();
  const { data, errors = [] } = parsed(text);
  return {
    status: response.status,
    text,
    codes: errors.map(({ extensions }) => extensions?.code),
    outputs: data?.run?.outputs ?? null,
  };
}

interface Body {
  readonly data?: { readonly run?: { readonly outputs?: string | null } | null } | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}

/** Runs the tasks with this concurrency. */
export async function inParallel<T>(
  tasks: Iterable<T>,
  width: number,
  work: (task: T) => Promise<void>,
): Promise<void> {
  const iterator = tasks[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
