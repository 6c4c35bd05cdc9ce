/** The answer of an operation as an HTTP response. */
import type { Answer } from '../../graphql/operations/operation.ts';
import type { HttpResponse } from '../response.ts';
import { ALLOWED_METHODS } from '../routes.ts';
import { GRAPHQL_TYPE, type JsonType } from './media-types.ts';

export const bytesOf = ({ result }: Answer): Buffer => Buffer.from(JSON.stringify(result));

export function responseOf(answer: Answer, body: Buffer, type: JsonType): HttpResponse {
  const status = httpStatusOf(answer, type);
  return {
    status,
    body,
    contentType: type,
    cacheControl: 'no-store',
    headers: {
      ...headersOf(answer),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(status === 405 && { allow: ALLOWED_METHODS }),
    },
  };
}

const headersOf = ({ headers }: Answer): Record<string, string> =>
  headers ? Object.fromEntries([...headers].filter(([name]) => name !== 'content-type')) : {};

/** Errors of the operation's text or variables, which GraphQL over HTTP distinguishes from errors of the HTTP request. */
const OF_THE_OPERATION: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_NOT_ALLOWED',
]);
const MAY_BE_200: ReadonlySet<number> = new Set([400, 403]);

/**
 * A client that accepts `application/graphql-response+json` can trust the status, and gets 400 for a bad operation. With the
 * older `application/json` the specification wants 200, since a proxy may have answered a 4xx instead.
 */
function httpStatusOf({ result: { errors = [] }, status }: Answer, type: JsonType): number {
  const isOfTheOperation = errors.every(({ extensions }) => OF_THE_OPERATION.has(extensions?.code));
  return type !== GRAPHQL_TYPE && isOfTheOperation && MAY_BE_200.has(status) ? 200 : status;
}
