/** Reads the parameters of an operation from an HTTP request, following the GraphQL over HTTP specification. */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { parseExactJson } from '../domain/long-integers.ts';
import { isRecord, kindOf } from '../graphql/json-kinds.ts';
import { requestError } from '../graphql/operations/error-formatting.ts';
import type { OperationParams } from '../graphql/operations/operation.ts';

const mustBe = (what: string) => ({
  error: ({ path, input }: { readonly path?: readonly PropertyKey[] | undefined; readonly input?: unknown }) =>
    `${String(path?.[0])} must be ${what}, got ${kindOf(input)}.`,
});
const text = z.string(mustBe('text')).nullish();
const object = z.custom<Readonly<Record<string, unknown>>>(isRecord, mustBe('an object')).nullish();

const PARAMS = z
  .object(
    { query: text, documentId: text, id: text, operationName: text, variables: object, extensions: object },
    { error: ({ input }) => `The body must be an object with an operation, got ${kindOf(input)}.${hintFor(input)}` },
  )
  .refine(({ query, documentId, id, extensions }) => [query, documentId, id, extensions].some(Boolean), {
    error: 'query (the document) or documentId (its id) is required.',
  });

const hintFor = (input: unknown): string =>
  Array.isArray(input) ? ' Batches are not supported: send each operation in a separate request.' : '';

/** Throws a GraphQLError for invalid parameters. `body` is the body of a POST. */
export function readParams(method: string, search: string, body: string): OperationParams {
  return checkParams(method === 'POST' ? parseJson(body, 'The body') : paramsInSearch(search));
}

/** Drops unknown members. */
export function checkParams(given: unknown): OperationParams {
  const { data, error } = PARAMS.safeParse(given);
  if (data) return data;
  throw requestError('BAD_REQUEST', error.issues[0]?.message ?? error.message);
}

function paramsInSearch(search: string): unknown {
  const { variables, extensions, ...rest } = Object.fromEntries(new URLSearchParams(search));
  return {
    ...rest,
    ...(variables && { variables: parseJson(variables, 'variables') }),
    ...(extensions && { extensions: parseJson(extensions, 'extensions') }),
  };
}

function parseJson(json: string, what: string): unknown {
  try {
    return parseExactJson(json);
  } catch {
    throw requestError('BAD_REQUEST', `${what} is not JSON.`);
  }
}

const JSON_BODY = /^application\/json *(?:; *charset *= *"?utf-8"? *)?$/i;
const PREFLIGHTED = ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'];
/** Types that a page may send to another site without a preflight. */
const SIMPLE_TYPES = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i;

/**
 * CSRF prevention: throws for a request that another site's page could send without a preflight, or whose body isn't
 * JSON.
 */
export function checkHead(method: string, headers: IncomingHttpHeaders): void {
  const { 'content-type': contentType } = headers;
  if (method === 'POST') {
    if (JSON_BODY.test(contentType ?? '')) return;
    const got = contentType === undefined ? 'no content-type' : JSON.stringify(contentType.slice(0, 100));
    throw requestError('BAD_REQUEST', `content-type must be application/json, got ${got}.`, 415);
  }
  const isSimple = contentType === undefined || SIMPLE_TYPES.test(contentType);
  if (!isSimple || PREFLIGHTED.some((name) => headers[name] !== undefined)) return;
  throw requestError(
    'BAD_REQUEST',
    'This operation was blocked as a potential Cross-Site Request Forgery (CSRF): a GET needs one of the headers ' +
      `${PREFLIGHTED.join(', ')}, which a page of another site cannot send without a preflight.`,
  );
}
