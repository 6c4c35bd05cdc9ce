/** Gateways as separate processes that share one Valkey. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type GatewayProcess, startProcess } from '../../../test/harness/process.ts';
import { freePort } from '../../../test/harness/program.ts';

export interface FleetOfGateways {
  /** The URLs of the running gateways. */
  readonly urls: readonly string[];
  /** The next URL, in turn. */
  readonly nextUrl: () => string;
  /** SIGKILL. */
  kill(url: string): Promise<void>;
  /** SIGTERM. Resolves with the exit code. */
  stop(url: string): Promise<number | null>;
  /** Starts another gateway. Resolves with its URL. */
  start(): Promise<string>;
  /** Bytes of the heap and of external memory after a collection. Only with `areInspected`. */
  liveBytesOf(url: string): Promise<number>;
  close(): Promise<void>;
}

export interface FleetSettings {
  readonly count: number;
  readonly upstreamUrl: string;
  /** URL of Valkey, or null if each gateway works alone. */
  readonly redisUrl: string | null;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether with an inspector, which reports the memory in use. */
  readonly areInspected?: boolean;
}

const SECRET = 'a secret of the tests of more than 32 bytes';

const isAlive = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

export async function startGateways(settings: FleetSettings): Promise<FleetOfGateways> {
  const { count, upstreamUrl, redisUrl, environment, areInspected = false } = settings;
  const gateways = new Map<string, GatewayProcess>();
  let turn = 0;

  async function start(): Promise<string> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const gateway = startProcess({
      PORT: String(port),
      // Log lines of operations would only take time.
      LOG_LEVEL: 'warn',
      UPSTREAM_URL: upstreamUrl,
      ...(redisUrl !== null && { REDIS_URL: redisUrl, FLEET_SECRET: SECRET }),
      ...(areInspected && { NODE_OPTIONS: '--inspect=127.0.0.1:0' }),
      ...environment,
    });
    while (!(await isAlive(url))) {
      if (gateway.child.exitCode !== null) throw new Error(`a gateway did not start: ${gateway.output()}`);
      await pause(50);
    }
    gateways.set(url, gateway);
    return url;
  }

  function end(url: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const gateway = gateways.get(url);
    if (!gateway) throw new Error(`expected a gateway at ${url}`);
    gateways.delete(url);
    gateway.child.kill(signal);
    return gateway.exited;
  }

  await Promise.all(Array.from({ length: count }, start));
  return {
    get urls() {
      return [...gateways.keys()];
    },
    nextUrl() {
      const urls = [...gateways.keys()];
      turn += 1;
      const url = urls[turn % urls.length];
      if (url === undefined) throw new Error('expected a gateway that runs');
      return url;
    },
    async liveBytesOf(url) {
      const inspector = /ws:\/\/\S+/.exec(gateways.get(url)?.output() ?? '')?.[0];
      if (inspector === undefined) throw new Error(`expected an inspector of ${url}`);
      return liveBytes(inspector);
    },
    async kill(url) {
      await end(url, 'SIGKILL');
    },
    stop: (url) => end(url, 'SIGTERM'),
    start,
    async close() {
      await Promise.all([...gateways.keys()].map((url) => end(url, 'SIGKILL')));
    },
  };
}

/** Asks the inspector at this address. */
async function liveBytes(inspector: string): Promise<number> {
  const socket = new WebSocket(inspector);
  await once(socket, 'open');
  const ask = async (method: string, params: object = {}): Promise<unknown> => {
    socket.send(JSON.stringify({ id: 1, method, params }));
    for (;;) {
      const [text] = (await once(socket, 'message')) as [Buffer];
      const { id, result } = JSON.parse(text.toString()) as { readonly id?: number; readonly result?: unknown };
      if (id === 1) return result;
    }
  };
  try {
    await ask('HeapProfiler.collectGarbage');
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
    const { result } = (await ask('Runtime.evaluate', { expression })) as {
      readonly result: { readonly value: number };
    };
    return result.value;
  } finally {
    socket.close();
  }
}
