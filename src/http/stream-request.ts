/** Reads the operation off a request for server-sent events; throws an error with its HTTP status for what is none. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OperationRequest } from '../graphql/gate.ts';

export type StreamOperation = Pick<
  OperationRequest,
  'query' | 'documentId' | 'id' | 'operationName' | 'variables' | 'extensions' | 'mayAct'
>;

const OBJECT = z.record(z.string(), z.unknown()).nullish();
const OPERATION = z
  .object({
    query: z.string().nullish(),
    documentId: z.string().nullish(),
    id: z.string().nullish(),
    operationName: z.string().nullish(),
    variables: OBJECT,
    extensions: OBJECT,
  })
  .refine(
    ({ query, documentId, id, extensions }) => [query, documentId, id, extensions?.persistedQuery].some(Boolean),
    {
      path: ['query'],
    },
  );

/** How an operation is named, beside its text. */
const EXPECTED =
  'Expected one operation: query (text), or its name as documentId, and maybe operationName, variables and extensions';

export function readOperation(request: FastifyRequest): StreamOperation {
  if (!acceptsEvents(request.headers.accept)) {
    throw fail(406, 'This path answers with text/event-stream alone; plain answers are at /graphql.');
  }
  const isPost = request.method === 'POST';
  const parsed = OPERATION.safeParse(isPost ? parse(request.body) : parametersOf(request));
  if (parsed.success) return { ...parsed.data, mayAct: isPost };
  const names = parsed.error.issues.map(({ path }) => path.join('.') || 'the request');
  throw fail(400, `${EXPECTED}; wrong: ${names.join(', ')}.`);
}

const acceptsEvents = (accept = '*/*'): boolean => /text\/event-stream|text\/\*|\*\/\*/i.test(accept);

/** As GraphQL over HTTP has it: objects are JSON. */
function parametersOf({ query }: FastifyRequest): unknown {
  const { variables, extensions, ...rest } = query as Readonly<Record<string, unknown>>;
  return { ...rest, variables: parse(variables), extensions: parse(extensions) };
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw fail(400, 'This is not JSON.');
  }
}

/** Fastify answers it with that status. */
export const fail = (statusCode: number, message: string): Error => Object.assign(new Error(message), { statusCode });
