/** What of a schema random operations have read. */
import {
  getNamedType,
  isObjectType,
  isUnionType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type GraphQLSchema,
} from 'graphql';

export interface Coverage {
  add(text: string): void;
  /** How often each field, each argument and each way to give one was used: `Run.steps`, `Run.steps(filter)`, `list variable`. */
  readonly counts: ReadonlyMap<string, number>;
}

export function createCoverage(schema: GraphQLSchema): Coverage {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  return {
    counts,
    add(text) {
      const typeInfo = new TypeInfo(schema);
      let depth = 0;
      const composite = { enter: () => void (depth += 1), leave: () => void (depth -= 1) };
      visit(
        parse(text),
        visitWithTypeInfo(typeInfo, {
          VariableDefinition: ({ defaultValue }) => {
            if (defaultValue) count('default of a variable');
            return false;
          },
          Field: ({ alias }) => {
            count(`${String(typeInfo.getParentType())}.${typeInfo.getFieldDef()?.name ?? ''}`);
            if (alias) count('alias');
          },
          Argument: ({ name }) => {
            const field = typeInfo.getFieldDef()?.name ?? '';
            count(`${String(typeInfo.getParentType())}.${field}(${name.value})`);
          },
          Variable: () => count(depth === 0 ? 'whole variable' : 'variable in a literal'),
          ListValue: composite,
          ObjectValue: composite,
          InlineFragment: () => count('inline fragment'),
          FragmentSpread: () => count('fragment spread'),
          Directive: () => count('condition'),
        }),
      );
    },
  };
}

/** Each field of each type that a query can reach, and each argument. */
export function everyFieldAndArgument(schema: GraphQLSchema): Set<string> {
  const seen = new Set<unknown>();
  const found = new Set<string>();
  const walk = (type: unknown): void => {
    if (seen.has(type)) return;
    seen.add(type);
    if (isUnionType(type)) type.getTypes().forEach(walk);
    if (!isObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      found.add(`${type.name}.${field.name}`);
      for (const { name } of field.args) found.add(`${type.name}.${field.name}(${name})`);
      walk(getNamedType(field.type));
    }
  };
  walk(schema.getQueryType());
  return found;
}
