/**
 * The subscribers of W5, over graphql-sse and graphql-ws, one connection each. Prints `ready` when each has the current state, and
 * on `report` the delays of changes since the fixture first answered them.
 */
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { FirstServed } from '../fixture-upstream.ts';

export interface LiveJob {
  /** `http://127.0.0.1:…`, without a path. */
  readonly gatewayUrl: string;
  readonly fixtureUrl: string;
  readonly authorization: string;
  readonly workflowId: string;
  readonly runIds: readonly string[];
  readonly sseSubscribers: number;
  readonly wsSubscribers: number;
}

export interface LiveReport {
  /** Time from the poll that read a change to the subscriber, for each pair. */
  readonly lagsMs: readonly number[];
  readonly errors: readonly string[];
}

interface Heard {
  readonly runId: string;
  readonly version: number;
  readonly atMs: number;
}

const QUERY = `subscription Live($workflowId: ID!, $id: ID!) { runUpdated(workflowId: $workflowId, id: $id) { run { id status steps { id elapsedTime } } } }`;
/** Number of connections that are opened at once. */
const OPENING_AT_ONCE = 50;

const job = JSON.parse(process.argv[2] ?? '') as LiveJob;
const headers = { authorization: job.authorization };
const heard: Heard[] = [];
const errors: string[] = [];

interface RunUpdated {
  readonly data?: {
    readonly runUpdated: { readonly run: { readonly id: string; readonly steps: readonly { elapsedTime: number }[] } };
  } | null;
  readonly errors?: readonly unknown[] | undefined;
}

/** Resolves with the first event, which is the current state and not a change. */
function subscribe(transport: 'sse' | 'ws', runId: string): Promise<void> {
  const request = { query: QUERY, variables: { workflowId: job.workflowId, id: runId } };
  return new Promise((resolve) => {
    let isFirst = true;
    const sink = {
      next(event: RunUpdated) {
        const atMs = performance.timeOrigin + performance.now();
        if (event.errors) errors.push(JSON.stringify(event.errors));
        const run = event.data?.runUpdated.run;
        if (run && !isFirst) heard.push({ runId: run.id, version: run.steps.at(-1)?.elapsedTime ?? -1, atMs });
        isFirst = false;
        resolve();
      },
      error(error: unknown) {
        errors.push(error instanceof Error ? error.message : JSON.stringify(error));
        resolve();
      },
      complete() {
        errors.push('a subscription to a run in progress was completed');
        resolve();
      },
    };
    if (transport === 'sse') {
      const client = createSseClient({ url: `${job.gatewayUrl}/graphql/stream`, headers, retryAttempts: 0 });
      client.subscribe(request, sink as Parameters<typeof client.subscribe>[1]);
    } else {
      const url = `${job.gatewayUrl.replace('http', 'ws')}/graphql`;
      const client = createWsClient({ url, webSocketImpl: WithKey, connectionParams: headers, retryAttempts: 0 });
      client.subscribe(request, sink as Parameters<typeof client.subscribe>[1]);
    }
  });
}

/** The key is also in the handshake, for servers that expect it there. */
class WithKey extends WebSocket {
  constructor(address: string, protocols: string | string[]) {
    super(address, protocols, { headers });
  }
}

const wanted = Array.from({ length: job.sseSubscribers + job.wsSubscribers }, (_, index) => ({
  transport: index < job.sseSubscribers ? ('sse' as const) : ('ws' as const),
  // Alternates between both, so that even as many subscribers as runs watch each run.
  runId: job.runIds[index % job.runIds.length] ?? '',
}));
async function openInTurn(): Promise<void> {
  for (let next = wanted.shift(); next; next = wanted.shift()) await subscribe(next.transport, next.runId);
}
await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openInTurn));

process.on('message', () => void report());
process.send?.('ready');

async function report(): Promise<void> {
  const answer = await fetch(`${job.fixtureUrl}/__first-served`);
  const firstServed = (await answer.json()) as FirstServed[];
  const servedAt = new Map(firstServed.map(({ runId, version, atMs }) => [`${runId} ${version}`, atMs]));
  const lagsMs = heard.flatMap(({ runId, version, atMs }) => {
    const served = servedAt.get(`${runId} ${version}`);
    return served === undefined ? [] : [atMs - served];
  });
  const answered: LiveReport = { lagsMs, errors: errors.slice(0, 5) };
  process.send?.(answered, () => process.exit(0));
}
