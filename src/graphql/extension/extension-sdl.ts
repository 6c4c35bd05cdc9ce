/** Reads the fields that an extension's SDL adds to types. Throws ConfigError. */
import {
  Kind,
  parse,
  type DefinitionNode,
  type FieldDefinitionNode,
  type NameNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
} from 'graphql';
import { ConfigError } from '../../config/config-error.ts';

export interface AddedType {
  readonly name: string;
  /** Whether the type belongs to the schema, and not to the embedder. */
  readonly isOfContract: boolean;
  readonly fields: readonly FieldDefinitionNode[];
}

/** A new root would bypass the loaders, and a subscription the pollers. */
const CLOSED: ReadonlySet<string> = new Set(['Subscription', '_Service']);

export function readAddedTypes(typeDefs: string): readonly AddedType[] {
  return parseSdl(typeDefs).flatMap((definition): readonly AddedType[] => {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.OBJECT_TYPE_DEFINITION:
        return [addedType(definition)];
      case Kind.ENUM_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [];
      default:
        throw unsupported(WORDS[definition.kind] ?? definition.kind, definition);
    }
  });
}

function addedType(definition: ObjectTypeDefinitionNode | ObjectTypeExtensionNode): AddedType {
  const { kind, name, fields = [], interfaces = [], directives = [] } = definition;
  if (CLOSED.has(name.value)) throw unsupported('an extension', definition);
  if (interfaces.length > 0) throw unsupported('an interface', definition);
  // A router would query the entity by its key.
  if (directives.some((directive) => directive.name.value === 'key')) throw unsupported('@key', definition);
  return { name: name.value, isOfContract: kind === Kind.OBJECT_TYPE_EXTENSION, fields };
}

function parseSdl(typeDefs: string): readonly DefinitionNode[] {
  try {
    return parse(typeDefs, { noLocation: true }).definitions;
  } catch (error) {
    throw new ConfigError(`extension.typeDefs: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const WORDS: Readonly<Partial<Record<DefinitionNode['kind'], string>>> = {
  [Kind.SCALAR_TYPE_DEFINITION]: 'a scalar',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'an interface',
  [Kind.UNION_TYPE_DEFINITION]: 'a union',
  [Kind.DIRECTIVE_DEFINITION]: 'a directive',
};

function unsupported(what: string, definition: DefinitionNode): ConfigError {
  const { name } = definition as { readonly name?: NameNode | undefined };
  const of = name ? ` (${name.value})` : '';
  return new ConfigError(
    `extension.typeDefs must have only extensions of object types other than Subscription, and object, enum and input types without interfaces and @key: ${what} is not supported${of}.`,
  );
}
