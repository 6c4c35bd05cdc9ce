/** Apollo Server over the schema: it parses and validates new operations, runs plugins, and serves Sandbox. */
import { ApolloServer, HeaderMap } from '@apollo/server';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import {
  MaxIntrospectionDepthRule,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { Logger } from '../observability/logger.ts';
import { noServiceRule } from './federation/no-service-rule.ts';
import { MAX_TOKENS } from './operations/limits.ts';
import type { OperationParams } from './operations/operation.ts';
import type { SandboxState } from './sandbox.ts';

/** Executes an operation that Apollo Server has validated. `queryHash` is the SHA-256 of its text. */
type ExecuteAccepted = (queryHash: string) => Promise<ExecutionResult>;

/** Calls `execute` for a valid operation. Returns the errors of an invalid one. */
export type ParseAndValidate = (
  text: string,
  params: OperationParams,
  execute: ExecuteAccepted,
) => Promise<readonly GraphQLFormattedError[]>;

export interface Apollo {
  readonly parseAndValidate: ParseAndValidate;
  /** Sandbox as HTML; null where it is switched off. */
  readonly landingPage: () => Promise<string | null>;
  readonly close: () => Promise<void>;
}

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  /** Introspection, Sandbox and hints about the schema are for development. */
  readonly isProduction: boolean;
  /** What Sandbox shows when it opens. */
  readonly sandbox: SandboxState;
  readonly logger: Logger;
}

interface ApolloContext {
  readonly execute: ExecuteAccepted;
}

export async function createApollo({ schema, isProduction, sandbox, logger }: ApolloOptions): Promise<Apollo> {
  const server = new ApolloServer<ApolloContext>({
    gateway: gatewayOf(schema),
    logger,
    plugins: [
      isProduction
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ ...sandbox, embed: { runTelemetry: false } }),
      // These wrap every field, or report to a service that is not used here.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    introspection: !isProduction,
    hideSchemaDetailsFromClientErrors: isProduction,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: [MaxIntrospectionDepthRule, ...(isProduction ? [noServiceRule] : [])],
    // The operation pipeline keeps documents and registered operations, within a bound of bytes.
    documentStore: null,
    persistedQueries: false,
    // The gateway stops it, after the HTTP server.
    stopOnTerminationSignals: false,
  });
  await server.start();

  return {
    async parseAndValidate(query, { operationName, variables }, execute) {
      const request = { query, ...(operationName != null && { operationName }), ...(variables && { variables }) };
      const { body } = await server.executeOperation(request, { contextValue: { execute } });
      return body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
    },

    async landingPage() {
      if (isProduction) return null;
      const headers = new HeaderMap([['accept', 'text/html']]);
      const httpGraphQLRequest = { method: 'GET', headers, search: '', body: undefined };
      const context = () => Promise.reject(new Error('the landing page executes nothing'));
      const { body } = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
      return body.kind === 'complete' ? body.string : null;
    },

    close: () => server.stop(),
  };
}

/** The public interface by which Apollo Server takes an executor. */
function gatewayOf(schema: GraphQLSchema): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: () =>
      Promise.resolve({
        // The gateway interface does not carry the context's type.
        executor: ({ queryHash, context }) => (context as ApolloContext).execute(queryHash),
      }),
    stop: () => Promise.resolve(),
  };
}
