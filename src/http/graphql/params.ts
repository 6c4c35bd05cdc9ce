/** Reads the parameters of an operation from an HTTP request, by the GraphQL over HTTP specification. */
import type { IncomingHttpHeaders } from 'node:http';
import { parseExactJson } from '../../domain/long-integers.ts';
import { isRecord, kindOf } from '../../graphql/json-kinds.ts';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { OperationParams } from '../../graphql/operations/operation.ts';

/** Throws a GraphQLError for wrong parameters. `body` is the body of a POST. */
export function readParams(method: string, search: string, body: string): OperationParams {
  return checkParams(method === 'POST' ? parseJson(body, 'The body') : paramsInSearch(search));
}

/** CSRF prevention: throws for a request that another site's page could send without a preflight, or whose body is not JSON. */
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

const JSON_BODY = /^application\/json *(?:; *charset *= *"?utf-8"? *)?$/i;

const PREFLIGHTED = ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'];
/** Types that a page may send to another site without a preflight. */
const SIMPLE_TYPES = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i;

const REPLACEMENT = encodeURIComponent('\uFFFD');

function paramsInSearch(search: string): unknown {
  const params = new URLSearchParams(search);
  // Invalid UTF-8 has become U+FFFD, unless the client sent U+FFFD itself.
  if (params.toString().includes(REPLACEMENT) && !search.toUpperCase().includes(REPLACEMENT)) {
    throw requestError('BAD_REQUEST', 'The query string is not UTF-8.');
  }
  const { variables, extensions, ...rest } = Object.fromEntries(params);
  return {
    ...rest,
    ...(variables && { variables: parseJson(variables, 'variables') }),
    ...(extensions && { extensions: parseJson(extensions, 'extensions') }),
  };
}

function parseJson(text: string, what: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    throw requestError('BAD_REQUEST', `${what} is not JSON.`);
  }
}

const TEXTS = ['query', 'documentId', 'id', 'operationName'] as const;
const OBJECTS = ['variables', 'extensions'] as const;

function checkParams(given: unknown): OperationParams {
  if (Array.isArray(given)) {
    throw requestError(
      'BAD_REQUEST',
      `The body must be one operation, got an array of ${given.length}. Batches are not supported: send each operation in its own request.`,
    );
  }
  if (!isRecord(given))
    throw requestError('BAD_REQUEST', `The body must be an object with an operation, got ${kindOf(given)}.`);
  for (const name of TEXTS) {
    const value = given[name];
    if (value == null || typeof value === 'string') continue;
    throw requestError('BAD_REQUEST', `${name} must be text, got ${kindOf(value)}.`);
  }
  for (const name of OBJECTS) {
    const value = given[name];
    if (value == null || isRecord(value)) continue;
    throw requestError('BAD_REQUEST', `${name} must be an object, got ${kindOf(value)}.`);
  }
  if (['query', 'documentId', 'id', 'extensions'].some((name) => given[name] != null && given[name] !== ''))
    return given;
  throw requestError('BAD_REQUEST', 'query (the text of the operation) or documentId (its id) is required.');
}
