/** The library: a gateway inside another process. docs/embedding.md describes it; the rest of `dist` may change. */
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { GraphQLSchema } from 'graphql';
import { composeGateway, composeHandler, composePlugin, type GatewayHandler } from './gateway.ts';
import { checkedOptions, type StepgateOptions } from './library/options.ts';
import type { PluginContext } from './graphql/apollo/execution.ts';
import type { StepgatePlugin } from './graphql/apollo/server.ts';

export { HeaderMap } from '@apollo/server';
export { GraphQLError } from 'graphql';
export type { AuthenticateHook, Identity } from './auth/authenticate-hook.ts';
export type { Claims } from './auth/claims.ts';
export type { RedactionRules } from './config/redaction.ts';
export { checkUpstream, type UpstreamCheck, type UpstreamCheckOptions } from './library/check-upstream.ts';
export { ConfigError } from './config/config-error.ts';
export { optionsFromEnv } from './config/config.ts';
export type { Settings } from './config/options.ts';
export type { JsonObject, JsonValue, Run, RunRecord, Step, WorkflowGraph, WorkflowRecord } from './domain/types.ts';
export type { Additions, GatewayHandler } from './gateway.ts';
export type { PluginContext, StepgateOptions, StepgatePlugin };
export type { FieldContext } from './graphql/extension/field-context.ts';
export type { ExtensionField, ExtensionFields, SchemaExtension } from './graphql/extension/schema-extension.ts';
export { protectedResourceHandler, type ProtectedResource } from './http/mcp/protected-resource.ts';
export type { Logger } from './observability/logger.ts';
export type { OnOperation } from './observability/observer.ts';
export type { ObservedOperation } from './observability/operation-record.ts';
export type { ErrorCode } from './observability/outcome.ts';
export { GatewayError } from './upstream/errors.ts';
export {
  UpstreamError,
  type Upstream,
  type UpstreamCall,
  type UpstreamErrorOptions,
  type UpstreamRun,
  type UpstreamAction,
  type UpstreamDone,
  type UpstreamFieldError,
  type UpstreamStart,
  type UpstreamWaitRequest,
  type UpstreamStep,
  type UpstreamWait,
  type UpstreamWorkflow,
} from './upstream/port.ts';
export type { RunRef, RunWindow } from './upstream/api.ts';

/** A gateway with its own server. */
export interface GatewayServer extends AsyncDisposable {
  /** Address without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Address of probes and metrics if `opsPort` is set. */
  readonly opsUrl: string | null;
  /** Accepts no more requests, lets those in progress finish (within 10 s), and closes everything. */
  close(): Promise<void>;
}

/** The gateway of a Fastify server. */
export interface EmbeddedGateway extends AsyncDisposable {
  /** The schema with all resolvers, for tools. */
  readonly schema: GraphQLSchema;
  /** Ends subscriptions and closes everything. Called by the server when it closes. */
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Set by `app.register(stepgate, options)`. */
    readonly stepgate: EmbeddedGateway;
  }
}

/** Options of `app.register`, including the gateway's path. */
export interface PluginOptions extends Omit<StepgateOptions, 'logLevel'> {
  /** Path of all routes, such as `/workflows`. */
  readonly prefix?: string;
  /**
   * Lowest level to log. Default: `info`. `register` also has an option of this name, whose type excludes undefined.
   */
  readonly logLevel?: Exclude<StepgateOptions['logLevel'], undefined>;
}

async function register(app: FastifyInstance, { prefix = '', ...options }: PluginOptions): Promise<void> {
  const { config, additions } = checkedOptions(options);
  const { plugin, gateway } = await composePlugin(config, additions);
  app.addHook('onClose', () => gateway.close());
  app.decorate('stepgate', gateway);
  await app.register(plugin, { prefix });
}

/**
 * The gateway as a Fastify 5 plugin: `await app.register(stepgate, { prefix: '/workflows', upstreamUrl })`. Its hooks,
 * parsers and error handlers apply only below the prefix. It opens on registration, is `app.stepgate`, and closes with
 * the server. Rejects with ConfigError for invalid options.
 */
const stepgate = fastifyPlugin(register, { name: 'stepgate', fastify: '5.x' });
export default stepgate;

/** Resolves once the gateway is listening. Rejects with ConfigError for invalid options, before a port is opened. */
export async function createServer(options: StepgateOptions = {}): Promise<GatewayServer> {
  const { config, additions } = checkedOptions(options);
  const gateway = await composeGateway(config, additions);
  const close = () => gateway.close();
  return { url: gateway.url, opsUrl: gateway.opsUrl, close, [Symbol.asyncDispose]: close };
}

/**
 * The gateway without a server: a handler for Express and `node:http`, and `fetch` for serverless functions and tests.
 * Rejects with ConfigError for invalid options.
 */
export async function createHandler(options: StepgateOptions = {}): Promise<GatewayHandler> {
  const { config, additions } = checkedOptions(options);
  return composeHandler(config, additions);
}
