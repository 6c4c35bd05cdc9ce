/** Both lines of the official client of the Model Context Protocol, over real HTTP. */
import {
  Client,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export interface ToolAnswer {
  readonly isError: boolean;
  readonly text: string;
  /** The structured content. */
  readonly content: unknown;
}

export interface ListedTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
  readonly inputSchema: { readonly properties?: Readonly<Record<string, unknown>> | undefined };
}

export interface McpClient {
  tools(): Promise<readonly ListedTool[]>;
  call(name: string, given?: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
  close(): Promise<void>;
}

const INFO = { name: 'test', version: '1.0.0' };

const answerOf = ({ isError, content, structuredContent }: Readonly<Record<string, unknown>>): ToolAnswer => ({
  isError: isError === true,
  text: (content as readonly { readonly text: string }[])[0]?.text ?? '',
  content: structuredContent,
});

async function connect1(url: URL, headers: Readonly<Record<string, string>>): Promise<McpClient> {
  const client = new Client1(INFO);
  await client.connect(new Transport1(url, { requestInit: { headers } }));
  return {
    tools: async () => (await client.listTools()).tools,
    call: async (name, given = {}) => answerOf(await client.callTool({ name, arguments: { ...given } })),
    close: () => client.close(),
  };
}

const connect2 =
  (mode: 'legacy' | 'auto') =>
  async (url: URL, headers: Readonly<Record<string, string>>): Promise<McpClient> => {
    const client = new Client(INFO, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    return {
      tools: async () => (await client.listTools()).tools,
      call: async (name, given = {}) => answerOf(await client.callTool({ name, arguments: { ...given } })),
      close: () => client.close(),
    };
  };

/** By default line 2 speaks the protocol of line 1; it speaks its own if it may negotiate. */
const CONNECT = {
  '@modelcontextprotocol/sdk 1': connect1,
  '@modelcontextprotocol/client 2': connect2('legacy'),
  '@modelcontextprotocol/client 2, negotiating': connect2('auto'),
};

export type McpLine = keyof typeof CONNECT;
export const MCP_LINES = Object.keys(CONNECT) as McpLine[];

/** `key: null`: without an Authorization header. Rejects if the gateway rejects the connection. */
export const connectMcp = (line: McpLine, gatewayUrl: string, key: string | null): Promise<McpClient> =>
  CONNECT[line](new URL(`${gatewayUrl}/mcp`), key === null ? {} : { authorization: `Bearer ${key}` });

interface Discovered {
  /** Metadata url, or null if the 401 names none. */
  readonly metadataUrl: string | null;
  readonly metadata: unknown;
}

/** What the client learns of a resource that answers it with 401. Requests to its host go to `serverUrl`. */
export async function discover(resource: string, serverUrl: string): Promise<Discovered> {
  const atServer = async (url: string | URL, init?: RequestInit) => {
    const { pathname, origin } = new URL(url);
    if (origin !== new URL(resource).origin) throw new Error(`expected a URL of ${resource}, got ${String(url)}`);
    return fetch(new URL(pathname, serverUrl), init);
  };
  const refused = await atServer(resource, { method: 'POST' });
  const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
  const named = resourceMetadataUrl && { resourceMetadataUrl };
  return {
    metadataUrl: resourceMetadataUrl?.href ?? null,
    metadata: await discoverOAuthProtectedResourceMetadata(resource, named, atServer),
  };
}
