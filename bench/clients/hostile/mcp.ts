/** Hostile owners that speak the Model Context Protocol. */
import { flood } from './flood.ts';
import { HOSTILE_KEY } from './operations.ts';
import type { Target } from './tally.ts';

const PATH = '/mcp';
const ACCEPT = { accept: 'application/json, text/event-stream' };
const messageOf = (method: string, params: object): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

const LIST_CONNECTIONS = 1000;
const LIST = messageOf('tools/list', {});

/** Lists the tools, half of the time with made-up keys. */
export const mcpList = (target: Target): Promise<void> =>
  flood(target, { connections: LIST_CONNECTIONS }, (index) => ({
    path: PATH,
    headers: { ...ACCEPT, authorization: index % 2 === 0 ? HOSTILE_KEY : `Bearer made-up-${index}` },
    body: LIST,
  }));

const CALL_CONNECTIONS = 32;
/** In 1 MB. */
const WRONG_ITEMS = 500_000;
const CALL = messageOf('tools/call', {
  name: 'what_is_failing',
  arguments: { workflowIds: Array<number>(WRONG_ITEMS).fill(1) },
});

/** Calls a tool with a list of wrong items. */
export const mcpArguments = (target: Target): Promise<void> =>
  flood(target, { connections: CALL_CONNECTIONS }, () => ({
    path: PATH,
    headers: { ...ACCEPT, authorization: HOSTILE_KEY },
    body: CALL,
  }));
