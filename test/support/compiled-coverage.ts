/** What of a schema random operations have read. */
import { parse, TypeInfo, visit, visitWithTypeInfo, type GraphQLSchema } from 'graphql';

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
