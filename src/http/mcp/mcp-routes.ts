/**
 * The Model Context Protocol over HTTP: one message per request. It enters like any operation, and a tool call is an
 * operation of the caller.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyPluginCallback, RouteHandlerMethod } from 'fastify';
import { unauthenticated } from '../../auth/caller.ts';
import { parseExactJson } from '../../domain/long-integers.ts';
import { PARSED_AT_ONCE_BYTES, type Ticket } from '../../admission/ticket.ts';
import { isRecord, kindOf } from '../../graphql/json-kinds.ts';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { Answer } from '../../graphql/operations/operation.ts';
import type { Operations } from '../../graphql/operations/operations.ts';
import type { Tool } from '../../graphql/tools/tools.ts';
import { jsonAnswer, retryHeaders, type HttpAnswer, type Write } from '../answer.ts';
import { readBody } from '../body.ts';
import { isFromAllowedOrigin } from '../common-headers.ts';
import { clientInfoOf, RequestClient, type Arrival, type Entrance } from '../entrance.ts';
import { checkHead } from '../params.ts';
import { MCP_PATH, refuseOtherMethods } from '../routes.ts';
import { challengeOf, metadataAnswer, metadataPaths, type ProtectedResource } from './protected-resource.ts';
import type { McpAnswer, McpMessage, McpOptions } from './mcp-handler.ts';

export interface McpRoutesOptions extends Omit<McpOptions, 'tools'> {
  /** The tools, which change with the manifests. */
  readonly tools: () => readonly Tool[];
  readonly entrance: Entrance;
  readonly operations: Operations;
  /** Origins whose pages may send messages, besides the gateway's own. */
  readonly origins: readonly string[];
  /**
   * Named in a 401, and described at `/.well-known`. Null unless callers get tokens from an issuer with an https URL.
   */
  readonly protectedResource: ProtectedResource | null;
  /** Value of the header: the request headers that every response depends on. */
  readonly vary: string;
  readonly write: Write;
}

/** Statuses of a response that also become the status of the request, so its client can wait. */
const REFUSED: ReadonlySet<number> = new Set([429, 503]);

export const createMcpRoutes =
  (options: McpRoutesOptions): FastifyPluginCallback =>
  (app, _options, done) => {
    app.post(MCP_PATH, createHandler(options));
    refuseOtherMethods(app, MCP_PATH, 'POST', options);
    const { protectedResource, write } = options;
    if (protectedResource) {
      const metadata = metadataAnswer(protectedResource);
      for (const path of metadataPaths(protectedResource)) app.get(path, (_request, reply) => write(reply, metadata));
    }
    done();
  };

/** The package takes 0.1 s and 15 MB to load, so it is loaded with the first message. Other tools get a new handler. */
function createLoad(options: McpRoutesOptions) {
  let tools: readonly Tool[] | null = null;
  let loaded: Promise<(message: McpMessage) => Promise<McpAnswer>>;
  return () => {
    const wanted = options.tools();
    if (wanted !== tools) {
      tools = wanted;
      loaded = import('./mcp-handler.ts').then(({ createMcp }) => createMcp({ ...options, tools: wanted }));
    }
    return loaded;
  };
}

function createHandler(options: McpRoutesOptions): RouteHandlerMethod {
  const { entrance, operations, origins, protectedResource, vary, write } = options;
  const challenge = protectedResource ? challengeOf(protectedResource) : 'Bearer';
  const load = createLoad(options);

  return async ({ raw, id: requestId }, reply) => {
    void reply.headers({ vary, 'cache-control': 'no-store' });
    const arrival: Arrival = {
      transport: 'mcp',
      requestId,
      http: { request: raw, response: reply.raw },
      clientInfo: clientInfoOf(raw.headers),
      allowed: new Set(),
      client: new RequestClient(reply.raw),
    };
    const operation = await entrance.identify(arrival);
    let id: unknown = null;
    try {
      return await entrance.enter(operation, reply, false, async (ticket) => {
        const { viewer, error } = operation.caller;
        if (!viewer) throw error ?? unauthenticated(NO_KEY);
        if (!isFromAllowedOrigin(raw, origins)) throw requestError('FORBIDDEN', OTHER_ORIGIN, 403);
        checkHead('POST', raw.headers);
        const message = await readMessage(raw, ticket);
        id = message.id;
        const answerMessage = await load();
        const turn = ticket.turn();
        if (turn) await turn;
        const { status, contentType, text, answer } = await answerMessage({
          request: operation,
          ticket,
          headers: headersOf(raw),
          message,
        });
        const refusal = answer && refusalIn(answer);
        if (refusal) return write(reply, errorOf(refusal, id, challenge));
        // Calls with rejected arguments also appear in the log and metrics.
        if (!answer && message.method === 'tools/call')
          operations.refuse(operation, requestError('BAD_USER_INPUT', BAD_CALL));
        // An operation has counted its response, and a mutation's ids must not wait for capacity.
        if (!answer) await ticket.answer(Buffer.byteLength(text));
        const headers: HttpAnswer['headers'] = contentType === null ? {} : { 'content-type': contentType };
        return write(reply, { status, headers, body: Buffer.from(text) });
      });
    } catch (error) {
      const refusal = operations.refuse(operation, error);
      return reply.sent ? reply : write(reply, errorOf(refusal, id, challenge));
    }
  };
}

/** Reads one message: a batch would be many operations in one admission. */
async function readMessage(request: IncomingMessage, ticket: Ticket): Promise<Readonly<Record<string, unknown>>> {
  const text = await readBody(request, ticket);
  if (text.length > PARSED_AT_ONCE_BYTES) await ticket.nextTurn();
  let message: unknown;
  try {
    message = parseExactJson(text);
  } catch {
    throw requestError('BAD_REQUEST', 'The body is not JSON.');
  }
  if (!isRecord(message)) {
    throw requestError('BAD_REQUEST', `The body must be one JSON-RPC message, got ${kindOf(message)}.`);
  }
  const { params } = message;
  const frame = isRecord(params) ? { ...message, params: { ...params, arguments: null } } : message;
  if (hasMoreValues(frame, MAX_VALUES)) {
    throw requestError('BAD_REQUEST', `A message must have at most ${MAX_VALUES} values apart from params.arguments.`);
  }
  return message;
}

/** The package reports each invalid value: a client's 150,000 invalid icons took 3 s and a response of 49 MB. */
const MAX_VALUES = 500;

function hasMoreValues(whole: unknown, most: number): boolean {
  const values = [whole];
  for (let index = 0; index < values.length && values.length <= most; index += 1) {
    const value = values[index];
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) values.push(inner);
  }
  return values.length > most;
}

/** A key that is rejected for part of the data is a bad key: 401 lets the client renew its token. */
function refusalIn(answer: Answer): Answer | null {
  const errors = answer.result.errors?.filter(({ extensions }) => extensions?.code === 'UNAUTHENTICATED') ?? [];
  if (errors.length > 0) return { ...answer, result: { errors }, status: 401 };
  return REFUSED.has(answer.status) ? answer : null;
}

/** Only headers of the protocol: the package doesn't get credentials. */
function headersOf({ headers }: IncomingMessage): Headers {
  const passed = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && /^(?:accept|content-type|mcp-.*)$/.test(name)) passed.set(name, value);
  }
  return passed;
}

/** A JSON-RPC error. The message of the first error says what to do. */
function errorOf({ result: { errors = [] }, status }: Answer, id: unknown, challenge: string): HttpAnswer {
  const { message = '', extensions: data } = errors[0] ?? {};
  const isKnown = typeof id === 'string' || typeof id === 'number';
  const error = { code: REFUSED_CODE, message, data };
  const { headers, body } = jsonAnswer(status, { jsonrpc: '2.0', id: isKnown ? id : null, error });
  const wait = status === 429 ? retryHeaders(errors) : {};
  return { status, headers: { ...headers, ...(status === 401 && { 'www-authenticate': challenge }), ...wait }, body };
}

/** One of the codes that JSON-RPC leaves to servers. */
const REFUSED_CODE = -32_000;
const NO_KEY = 'The Authorization header must be "Bearer <key>". Set it in the configuration of the MCP client.';
const OTHER_ORIGIN = 'This origin may not send messages. Add it to CORS_ORIGINS.';
const BAD_CALL = 'The tool does not exist, or its arguments do not match its schema.';
