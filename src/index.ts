/** The library: a gateway inside another process. docs/embedding.md describes it; the rest of `dist` may change. */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { ConfigError } from './config/config.ts';
import { configOf, type Settings } from './config/settings.ts';
import { wrongMembers } from './config/wrong-members.ts';
import { createGateway as compose, createGatewayPlugin, type Additions } from './gateway.ts';
import type { PluginContext, StepgatePlugin } from './graphql/apollo/apollo.ts';

export { GraphQLError } from 'graphql';
export type { AuthenticateHook, Identity } from './auth/authenticate-hook.ts';
export { ConfigError };
export { settingsOf, type Settings } from './config/settings.ts';
export type { JsonObject, JsonValue, Run, RunRecord, Step, WorkflowGraph, WorkflowRecord } from './domain/types.ts';
export type { Additions };
export type { PluginContext, StepgatePlugin };
export type { FieldContext } from './graphql/extension/field-context.ts';
export type { ExtensionField, ExtensionFields, SchemaExtension } from './graphql/extension/schema-extension.ts';
export type { ObservedOperation, OnOperation } from './observability/observed-operation.ts';
export { GatewayError, type ErrorCode } from './upstream/errors.ts';

export interface GatewayOptions extends Additions {
  /** Settings by the names of the environment variables; `settingsOf()` has those of the environment. */
  readonly config?: Settings;
}

export interface Gateway {
  /** Where it listens, without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Accepts no more requests, lets those in progress finish (at most 10 s), and closes everything. */
  close(): Promise<void>;
}

const aFunction = z
  .custom((value) => typeof value === 'function')
  .exactOptional()
  .describe('a function, or left out');
const HOOKS = [
  ...(['serverWillStart', 'requestDidStart', 'unexpectedErrorProcessingRequest'] as const),
  ...(['contextCreationDidFail', 'invalidRequestWasReceived', 'startupDidFail'] as const),
] satisfies readonly (keyof StepgatePlugin)[];
/** A misspelled hook would never be called. Other members are allowed: a plugin may have state. */
const aPlugin = z.custom(
  (plugin) => typeof plugin === 'object' && plugin !== null && HOOKS.some((hook) => hook in plugin),
);

const OPTIONS = z
  .strictObject({
    config: z.looseObject({}).exactOptional().describe('an object of settings, or left out'),
    authenticate: aFunction,
    extension: z
      .strictObject({ typeDefs: z.string(), fields: z.looseObject({}) })
      .exactOptional()
      .describe('an object of typeDefs (a text) and fields (an object), or left out'),
    plugins: z
      .array(aPlugin)
      .exactOptional()
      .describe(`a list of plugins, each with one of ${HOOKS.join(', ')}, or left out`),
    onOperation: aFunction,
  } satisfies Record<keyof GatewayOptions, z.ZodType>)
  .describe('an object of config, authenticate, extension, plugins and onOperation');

/** Resolves when it listens. Rejects with ConfigError for wrong options and settings, and opens no port then. */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { config, additions } = readOptions('createGateway', options);
  const gateway = await compose(config, additions);
  return { url: gateway.url, close: () => gateway.close() };
}

/**
 * The gateway as a plugin for a Fastify server of your own: `app.register(stepgate(options), { prefix: '/workflows' })`. Throws ConfigError for
 * wrong options and settings. It closes with the server.
 */
export function stepgate(options: GatewayOptions = {}): FastifyPluginAsync {
  const { config, additions } = readOptions('stepgate', options);
  return createGatewayPlugin(config, additions);
}

function readOptions(caller: string, options: GatewayOptions) {
  const { error } = OPTIONS.safeParse(options, { reportInput: true });
  if (error) throw new ConfigError(`${caller}: ${wrongMembers(error, OPTIONS)}.`);
  const { config = {}, ...additions } = options;
  return { config: configOf(config), additions };
}
