/** The Apollo server over the schema: the one place that knows its options. */
import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import {
  ApolloServerPluginLandingPageLocalDefault,
  type ApolloServerPluginLandingPageLocalDefaultOptions,
} from '@apollo/server/plugin/landingPage/default';
import type { Logger } from '../observability/logger.ts';
import type { Context } from './context.ts';
import { errorReporting, formatError } from './errors.ts';
import { depthRule, MAX_TOKENS } from './limits.ts';
import { resolvers } from './resolvers/index.ts';

export interface ApolloOptions {
  /** Introspection, Sandbox and hints about the schema are for development. */
  readonly isProduction: boolean;
  /** What Sandbox shows when it opens. */
  readonly sandbox: Pick<ApolloServerPluginLandingPageLocalDefaultOptions, 'document' | 'headers' | 'variables'>;
  readonly logger: Logger;
}

/** From `src/graphql` and from `dist/graphql` alike, the schema stands two folders up. */
const typeDefs = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export async function createApollo({ isProduction, sandbox, logger }: ApolloOptions): Promise<ApolloServer<Context>> {
  const apollo = new ApolloServer<Context>({
    typeDefs,
    resolvers,
    logger,
    formatError,
    plugins: [
      errorReporting(logger),
      isProduction
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ ...sandbox, embed: { runTelemetry: false } }),
    ],
    introspection: !isProduction,
    hideSchemaDetailsFromClientErrors: isProduction,
    includeStacktraceInErrorResponses: false,
    // A page of another site can't set these headers without a preflight, which CORS then refuses.
    csrfPrevention: { requestHeaders: ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'] },
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: [depthRule],
    persistedQueries: false,
    // The gateway stops it, after the HTTP server.
    stopOnTerminationSignals: false,
    stringifyResult: (result) => JSON.stringify(result),
  });
  await apollo.start();
  return apollo;
}
