/** Named operations as tools for agents: the bundled ones, or those in the operator's manifests. */
import {
  getNamedType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import type { Config, UpstreamEndpoint } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { OWN_MUTATIONS } from '../fields/guarded-mutations.ts';
import { BUNDLED_TOOLS } from './bundled-tools.ts';
import { objectSchema, variableSchema, type ObjectSchema } from './input-schema.ts';
import { objectShape, type ObjectShape } from './output-shape.ts';

export interface Tool {
  readonly name: string;
  /** The name as plain text. */
  readonly title: string;
  readonly description: string;
  readonly type: 'query' | 'mutation';
  /** Upstream calls that a mutation needs. Without one of them, the tool doesn't exist. */
  readonly calls: readonly UpstreamEndpoint[];
  /** Whether it changes or ends something that exists. */
  readonly isDestructive: boolean;
  /** Whether repeating the call with equal arguments has no further effect. */
  readonly isIdempotent: boolean;
  /** Document, which may contain other operations. */
  readonly document: string;
  /** The variables and `maxBytes`. */
  readonly inputSchema: ObjectSchema;
  /** Whether it needs the variables `workflowId` and `runId`, which the URL of a run's page can replace. */
  readonly isOfRun: boolean;
  /** The shape of the operation's data. */
  readonly output: ObjectShape;
  readonly defaultMaxBytes: number;
  /** Whether `maxBytes` is also a variable of the operation. */
  readonly passesMaxBytes: boolean;
  /** Response path of `Diagnosis.markdown`, which becomes the text of the result, or null if the text is JSON. */
  readonly markdownPath: readonly string[] | null;
}

export const MIN_MAX_BYTES = 1000;
const MAX_MAX_BYTES = 100_000;
const DEFAULT_MAX_BYTES = 4000;

type ToolConfig = Pick<Config, 'mcp' | 'mcpMutations' | 'upstreamEndpoints'>;

/** Throws ConfigError if MCP_MUTATIONS names an unknown mutation, or two operations have the same name. */
export function createTools(
  { mcp, mcpMutations, upstreamEndpoints }: ToolConfig,
  manifests: ReadonlyMap<string, string>,
  schema: GraphQLSchema,
): readonly Tool[] {
  if (mcp === 'off') return [];
  const documents = mcp === 'manifest' ? new Set(manifests.values()) : BUNDLED_TOOLS;
  const all = [...documents].flatMap((document) => toolsIn(document, schema));
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name))
      throw new ConfigError(
        `PERSISTED_MANIFESTS must have each name once when MCP is manifest, got two operations ${name}.`,
      );
    names.add(name);
  }
  const mutations = all.flatMap(({ type, name }) => (type === 'mutation' ? [name] : []));
  for (const name of mcpMutations) {
    if (mutations.includes(name)) continue;
    const known = mutations.length === 0 ? 'none' : mutations.join(', ');
    throw new ConfigError(`MCP_MUTATIONS must name mutations among the tools (${known}), got ${name}.`);
  }
  const isOffered = ({ calls }: Tool) => calls.every((call) => upstreamEndpoints.has(call));
  return all.filter((tool) => tool.type === 'query' || (mcpMutations.includes(tool.name) && isOffered(tool)));
}

function toolsIn(document: string, schema: GraphQLSchema): readonly Tool[] {
  const { definitions } = parse(document);
  const fragments = new Map(
    definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
  return definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    const { operation, name, description, variableDefinitions = [] } = definition;
    if (!name || operation === OperationTypeNode.SUBSCRIPTION) return [];
    const type = operation === OperationTypeNode.MUTATION ? 'mutation' : 'query';
    const root = schema.getRootType(operation);
    if (!root) throw new Error('The document of a tool must be validated.');
    const maxBytes = variableDefinitions.find(({ variable }) => variable.name.value === 'maxBytes');
    const required = variableDefinitions.filter(isRequired).map(({ variable }) => variable.name.value);
    const isOfRun = required.includes('workflowId') && required.includes('runId');
    const defaultMaxBytes = defaultOf(maxBytes);
    return {
      name: name.value,
      title: titleOf(name.value),
      description: description?.value ?? `The ${type} ${name.value}.`,
      type,
      ...effectsOf(definition, type),
      document,
      inputSchema: objectSchema([
        ...variableDefinitions.filter((each) => each !== maxBytes).map((each) => memberOf(each, schema, isOfRun)),
        ['maxBytes', maxBytesSchema(defaultMaxBytes), false],
      ]),
      isOfRun,
      output: objectShape(root, [definition.selectionSet], fragments),
      defaultMaxBytes,
      passesMaxBytes: maxBytes !== undefined,
      markdownPath: markdownIn(definition, schema),
    };
  });
}

/** `what_is_failing` and `WhatIsFailing` become "What is failing". */
function titleOf(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An embedder's mutation is unknown, so it may be destructive. */
function effectsOf({ selectionSet }: OperationDefinitionNode, type: Tool['type']) {
  if (type === 'query') return { calls: [], isDestructive: false, isIdempotent: true };
  const mutations = selectionSet.selections.map((field) =>
    field.kind === Kind.FIELD ? OWN_MUTATIONS[field.name.value] : undefined,
  );
  return {
    calls: mutations.flatMap((mutation) => mutation?.endpoint ?? []),
    isDestructive: mutations.some((mutation) => mutation?.isDestructive !== false),
    isIdempotent: mutations.every((mutation) => mutation?.isIdempotent === true),
  };
}

const isRequired = ({ type, defaultValue }: VariableDefinitionNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE && defaultValue === undefined;

function memberOf(definition: VariableDefinitionNode, schema: GraphQLSchema, isOfRun: boolean) {
  const { variable, description } = definition;
  const name = variable.name.value;
  const own = variableSchema(schema, definition);
  const hint = isOfRun ? LINK_HINTS[name] : undefined;
  if (hint === undefined) return [name, own, isRequired(definition)] as const;
  const described = description ? `${description.value} ${hint}` : hint;
  return [name, { ...own, description: described }, name !== 'workflowId'] as const;
}

const LINK_HINTS: Readonly<Record<string, string>> = {
  workflowId: 'Leave it out if runId is a URL.',
  runId: 'Also accepts the URL of its page.',
};

function defaultOf(maxBytes: VariableDefinitionNode | undefined): number {
  const given = maxBytes?.defaultValue && valueFromASTUntyped(maxBytes.defaultValue);
  return typeof given === 'number' ? Math.min(Math.max(given, MIN_MAX_BYTES), MAX_MAX_BYTES) : DEFAULT_MAX_BYTES;
}

const maxBytesSchema = (defaultMaxBytes: number) => ({
  ...{ type: 'integer', minimum: MIN_MAX_BYTES, maximum: MAX_MAX_BYTES, default: defaultMaxBytes },
  description: 'Maximum size in bytes of the structured result, and of its text. The result names omitted parts.',
});

/** Only in the operation itself, because fragments of a manifest may be used in several places. */
function markdownIn(operation: OperationDefinitionNode, schema: GraphQLSchema): readonly string[] | null {
  const types = new TypeInfo(schema);
  const path: string[] = [];
  let found: readonly string[] | null = null;
  visit(
    operation,
    visitWithTypeInfo(types, {
      Field: {
        enter({ name, alias }) {
          path.push((alias ?? name).value);
          const parent = getNamedType(types.getParentType());
          if (name.value === 'markdown' && isObjectType(parent) && parent.name === 'Diagnosis') found ??= [...path];
        },
        leave() {
          path.pop();
        },
      },
    }),
  );
  return found;
}
