/** Reads the fields that an extension's SDL adds to types. Throws an Error for the embedder. */
import { Kind, parse, type DefinitionNode, type FieldDefinitionNode } from 'graphql';

export interface AddedType {
  readonly name: string;
  /** False for a type of the embedder. */
  readonly isOfContract: boolean;
  readonly fields: readonly FieldDefinitionNode[];
}

/** A new root of a subscription would bypass the pollers, and `_Service` is federation's. */
const CLOSED: ReadonlySet<string> = new Set(['Subscription', '_Service']);

export function readAddedTypes(typeDefs: string): readonly AddedType[] {
  return parseSdl(typeDefs).flatMap((definition): readonly AddedType[] => {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_EXTENSION:
        if (CLOSED.has(definition.name.value)) throw problem(`an extension of ${definition.name.value}`);
        return [{ name: definition.name.value, isOfContract: true, fields: definition.fields ?? [] }];
      case Kind.OBJECT_TYPE_DEFINITION:
        if (definition.interfaces?.length) throw problem(`${definition.name.value} with an interface`);
        return [{ name: definition.name.value, isOfContract: false, fields: definition.fields ?? [] }];
      case Kind.ENUM_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [];
      default:
        throw problem(definition.kind);
    }
  });
}

function parseSdl(typeDefs: string): readonly DefinitionNode[] {
  try {
    return parse(typeDefs, { noLocation: true }).definitions;
  } catch (error) {
    throw new Error(`extension.typeDefs: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const problem = (found: string): Error =>
  new Error(
    `extension.typeDefs must have only extensions of object types (not Subscription), and object, enum and input types, got ${found}.`,
  );
