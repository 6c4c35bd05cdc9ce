/** The Apollo server over the schema: the one place that knows its options. */
import { ApolloServer } from '@apollo/server';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from '../observability/logger.ts';
import type { Context } from './context.ts';
import type { CostLimit } from './cost-limit.ts';
import { errorReporting, formatError } from './errors.ts';
import type { Executor } from './executor.ts';
import type { KnownOperations } from './known-operations.ts';
import { LIMIT_RULES, MAX_TOKENS } from './limits.ts';
import type { SandboxState } from './sandbox.ts';
import { noServiceRule } from './subgraph-rules.ts';
import { transportRules } from './transport-rules.ts';

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly knownOperations: KnownOperations;
  readonly costLimit: CostLimit;
  /** Introspection, Sandbox and hints about the schema are for development. */
  readonly isProduction: boolean;
  /** What Sandbox shows when it opens. */
  readonly sandbox: SandboxState;
  readonly logger: Logger;
}

export async function createApollo(options: ApolloOptions): Promise<ApolloServer<Context>> {
  const { schema, executor, knownOperations, costLimit, isProduction, sandbox, logger } = options;
  const apollo = new ApolloServer<Context>({
    gateway: gatewayOf(schema, executor),
    logger,
    formatError,
    plugins: [
      errorReporting(logger),
      transportRules,
      costLimit.plugin,
      knownOperations.plugin,
      isProduction
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ ...sandbox, embed: { runTelemetry: false } }),
      // These would hook into every field, or report to a service that nobody signed up for.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    introspection: !isProduction,
    hideSchemaDetailsFromClientErrors: isProduction,
    includeStacktraceInErrorResponses: false,
    // A page of another site can't set these headers without a preflight, which CORS then refuses.
    csrfPrevention: { requestHeaders: ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'] },
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: isProduction ? [...LIMIT_RULES, noServiceRule] : [...LIMIT_RULES],
    persistedQueries: false,
    // The gateway stops it, after the HTTP server.
    stopOnTerminationSignals: false,
    stringifyResult: (result) => JSON.stringify(result),
  });
  await apollo.start();
  return apollo;
}

/** Apollo's way in for an executor of one's own. */
function gatewayOf(schema: GraphQLSchema, executor: Executor): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: () =>
      Promise.resolve({
        executor: async ({ document, queryHash, operationName, request, context }) =>
          executor({
            document,
            queryHash,
            operationName: request.operationName ?? operationName,
            variables: request.variables ?? {},
            // What Apollo was given for this request, though its type is lost on the way through the gateway's.
            context: context as Context,
          }),
      }),
    stop: () => Promise.resolve(),
  };
}
