/** How GraphiQL asks the gateway: over HTTP, and by server-sent events what goes on. */
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { getOperationAST, OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-sse';
import { keyStore } from '../session/key-store.ts';
import { GRAPHQL_URL, STREAM_URL } from '../url/base-path.ts';

export function createFetcher(): Fetcher {
  const http = createGraphiQLFetcher({ url: GRAPHQL_URL, enableIncrementalDelivery: false });
  return (params, options = {}) => {
    const headers = withKey(options.headers ?? {});
    const operation = options.documentAST && getOperationAST(options.documentAST, params.operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return http(params, { ...options, headers });
    const { operationName, ...request } = params;
    return createClient({ url: STREAM_URL, headers, retryAttempts: 0 }).iterate({
      ...request,
      ...(operationName != null && { operationName }),
    });
  };
}

/** The key that was signed in with on the run page, unless the headers of the request name another. */
function withKey(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { key } = keyStore.read();
  const isNamed = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  return key === '' || isNamed ? { ...headers } : { ...headers, authorization: `Bearer ${key}` };
}
