/**
 * An accepted key next to a hostile owner. Once a second it asks for a cached run from its own address: a known operation and a new
 * text over connections that stay open, as those of a proxy do, and a known operation over a new WebSocket. A new good key may ask,
 * too: its first operation needs the upstream.
 */
import { Agent } from 'node:http';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { ORDINARY, runIdOf, WORKFLOW_ID } from '../fixture-runs.ts';
import { send } from '../http.ts';
import { HEADERS } from '../queries.ts';

export interface Answer {
  /** Until the answer, or until it was rejected. */
  readonly ms: number;
  /** Refusal, or null for an answer with data, and for `/healthz` for a 200. */
  readonly refusal: string | null;
}

export interface Asked extends Answer {
  readonly how: 'known' | 'new text' | 'socket' | 'new key';
}

export interface Watch {
  readonly asked: Asked[];
  /** `/healthz`. A rejection counts as the longest wait. */
  readonly health: Answer[];
  /** Sends no more, and waits for the last answers. */
  stop(): Promise<void>;
}

const ASK_EVERY_MS = 1000;
const HEALTH_EVERY_MS = 500;
const TIMEOUT_MS = 60_000;
/** Few enough that attacks do not evict them. */
const RUNS = 20;
/** Not the address of the hostile owner. */
const localAddress = '127.0.0.2';

/** A cached run with its outputs: answers of 16 KB and more are also limited. The probe makes all requests different. */
const queryOf = (name: string): string =>
  `query ${name}($workflowId: ID!, $id: ID!, $probe: ID!) { run(workflowId: $workflowId, id: $id) { status steps { id status elapsedTime outputs } step(id: $probe) { id } } }`;
const paramsOf = (index: number, name: string) => ({
  query: queryOf(name),
  variables: { workflowId: WORKFLOW_ID, id: runIdOf(ORDINARY, `accepted-${index % RUNS}`), probe: `${name}-${index}` },
});

const agent = new Agent({ keepAlive: true, localAddress });

export interface WatchOptions {
  /** Where the gateway serves `/healthz`. */
  readonly opsUrl: string;
  readonly hasNewKeys: boolean;
}

/** Loads the runs, then begins to ask. */
export async function watchAcceptedKey(url: string, { opsUrl, hasNewKeys }: WatchOptions): Promise<Watch> {
  for (let index = 0; index < RUNS; index += 1) {
    const refusal = await askOverHttp(url, paramsOf(index, 'Known'));
    if (refusal !== null) throw new Error(`the accepted key must be answered before the attack, got ${refusal}`);
  }
  const asked: Asked[] = [];
  const health: Answer[] = [];
  const pending = new Set<Promise<void>>();
  let index = RUNS;

  const measure = (ask: () => Promise<string | null>, done: (ms: number, refusal: string | null) => void) => {
    const beganAt = performance.now();
    const answered = ask()
      .catch(reasonOf)
      .then((refusal) => {
        done(performance.now() - beganAt, refusal);
        pending.delete(answered);
      });
    pending.add(answered);
  };
  const ask = (how: Asked['how'], send: () => Promise<string | null>) => {
    measure(send, (ms, refusal) => asked.push({ how, ms, refusal }));
  };
  const asking = setInterval(() => {
    index += 1;
    const [known, newText] = [paramsOf(index, 'Known'), paramsOf(index, `New${index}`)];
    ask('known', () => askOverHttp(url, known));
    ask('new text', () => askOverHttp(url, newText));
    ask('socket', () => askOverSocket(url, known));
    const key = `Bearer new-${index}`;
    if (hasNewKeys) ask('new key', () => askOverHttp(url, known, key));
  }, ASK_EVERY_MS);
  const healthUrl = new URL('/healthz', opsUrl).href;
  const askingHealth = setInterval(() => {
    measure(
      async () => {
        const { status } = await send(healthUrl, { timeoutMs: TIMEOUT_MS });
        return status === 200 ? null : String(status);
      },
      (ms, refusal) => health.push({ ms: refusal === null ? ms : TIMEOUT_MS, refusal }),
    );
  }, HEALTH_EVERY_MS);

  return {
    asked,
    health,
    async stop() {
      clearInterval(asking);
      clearInterval(askingHealth);
      await Promise.all(pending);
    },
  };
}

/** Also of a closed socket, whose event is not an error. */
function reasonOf(failure: unknown): string {
  const { message, code, reason } = failure as { message?: string; code?: number; reason?: string };
  return message ?? `closed: ${code ?? ''} ${reason ?? ''}`;
}

type Params = ReturnType<typeof paramsOf>;

/** Resolves with null, or with the reason why there is no data. */
async function askOverHttp(
  url: string,
  params: Params,
  authorization: string = HEADERS.authorization,
): Promise<string | null> {
  const body = JSON.stringify(params);
  const { status, text } = await send(url, {
    headers: { ...HEADERS, authorization },
    ...{ body, agent, localAddress, timeoutMs: TIMEOUT_MS },
  });
  return status === 200 && text.startsWith('{"data":{"run":{') ? null : `${status}: ${text.slice(0, 100)}`;
}

class FromOwnAddress extends WebSocket {
  constructor(address: string, protocols: string | string[]) {
    super(address, protocols, { localAddress });
    // graphql-ws listens no more once it has given up.
    this.on('error', () => undefined);
  }
}

async function askOverSocket(url: string, params: Params): Promise<string | null> {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: FromOwnAddress,
    connectionParams: { authorization: HEADERS.authorization },
    retryAttempts: 0,
  });
  const timer = setTimeout(() => {
    client.terminate();
  }, TIMEOUT_MS);
  try {
    const { value } = await client.iterate(params).next();
    return value?.data ? null : JSON.stringify(value).slice(0, 100);
  } finally {
    clearTimeout(timer);
    await client.dispose();
  }
}
