/** The library: a gateway inside another process. docs/embedding.md describes it; the rest of `dist` may change. */
import { configOf, type Settings } from './config/settings.ts';
import { createGateway as compose, type Additions } from './gateway.ts';

export { GraphQLError } from 'graphql';
export type { AuthenticateHook, Identity } from './auth/authenticate-hook.ts';
export { ConfigError } from './config/config.ts';
export { settingsOf, type Settings } from './config/settings.ts';
export type { JsonObject, JsonValue, Run, RunRecord, Step, WorkflowGraph, WorkflowRecord } from './domain/types.ts';
export type { Additions } from './gateway.ts';
export type { PluginContext, StepgatePlugin } from './graphql/apollo/apollo.ts';
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

/** Resolves when it listens. Rejects with ConfigError for wrong settings, and opens no port then. */
export async function createGateway({ config = {}, ...additions }: GatewayOptions = {}): Promise<Gateway> {
  const gateway = await compose(configOf(config), additions);
  return { url: gateway.url, close: () => gateway.close() };
}
