/** Random queries over a schema: arguments, variables, aliases, fragments, conditions and introspection. */
import {
  getNamedType,
  GraphQLBoolean,
  GraphQLNonNull,
  isLeafType,
  isObjectType,
  isUnionType,
  OverlappingFieldsCanBeMergedRule,
  validate,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
  type DocumentNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLUnionType,
} from 'graphql';
import { createRandomInputs, pick, type Draw } from './random-inputs.ts';

export interface RandomOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** For another time. */
  readonly otherVariables: Readonly<Record<string, unknown>>;
}

type Composite = GraphQLObjectType | GraphQLUnionType;

/** From here on only leaves are selected. */
const MAX_DEPTH = 5;
const MAX_FIELDS = 30;

interface Fragment {
  readonly name: string;
  readonly type: string;
  text: string;
}

/** The only ones that a random operation can break. */
const RULES = [OverlappingFieldsCanBeMergedRule, ValuesOfCorrectTypeRule, VariablesInAllowedPositionRule];

/** Of a random operation: all rules would take four times as long. */
export const isValid = (schema: GraphQLSchema, document: DocumentNode): boolean =>
  validate(schema, document, RULES, { maxErrors: 1 }).length === 0;

/** Nearly always valid: two fields that don't merge are possible, and a value or a variable that does not fit. */
export function randomOperation(schema: GraphQLSchema, draw: Draw): RandomOperation {
  const inputs = createRandomInputs(draw);
  const fragments: Fragment[] = [];
  const hasConditions = draw(8) === 0;
  const hasUnderscores = draw(12) === 0;
  const introspects = draw(30) === 0;
  let fieldCount = 0;
  let aliasCount = 0;

  function selectionOf(type: Composite, depth: number): string {
    const selections = Array.from({ length: 1 + draw(depth === 0 ? 2 : 5) }, () => {
      const kind = draw(12);
      if (kind === 0) return '__typename';
      if (kind === 1) return `...${fragmentOn(type, depth)}${condition()}`;
      if (kind === 2 || isUnionType(type)) {
        const inner = isUnionType(type) ? pick(draw, type.getTypes()) : type;
        const typed = isUnionType(type) || draw(2) === 0 ? ` on ${inner.name}` : '';
        return `...${typed}${condition()} ${selectionOf(inner, depth)}`;
      }
      return fieldOf(type, depth);
    });
    return `{ ${selections.join(' ')} }`;
  }

  function fieldOf(type: GraphQLObjectType, depth: number): string {
    const isDeep = depth >= MAX_DEPTH || fieldCount >= MAX_FIELDS;
    const fields = Object.values(type.getFields()).filter((field) => !isDeep || isLeafType(getNamedType(field.type)));
    if (fields.length === 0) return '__typename';
    const field = pick(draw, fields);
    fieldCount += 1;
    const named = getNamedType(field.type);
    const inner = isComposite(named) ? ` ${selectionOf(named, depth + 1)}` : '';
    return `${aliasFor(field)}${field.name}${inputs.argumentsOf(field)}${condition()}${inner}`;
  }

  /** The same field with other arguments needs another name. */
  function aliasFor({ args }: GraphQLField<unknown, unknown>): string {
    if (draw(4) < (args.length > 0 ? 1 : 3)) return '';
    aliasCount += 1;
    return `${pick(draw, hasUnderscores ? ['a_b', '_', 'c_'] : ['a', 'idx', 'constructor'])}${aliasCount}: `;
  }

  function fragmentOn(type: Composite, depth: number): string {
    const known = fragments.filter((fragment) => fragment.type === type.name && fragment.text !== '');
    if (known.length > 0 && draw(2) === 0) return pick(draw, known).name;
    const fragment: Fragment = { name: `F${fragments.length}`, type: type.name, text: '' };
    fragments.push(fragment);
    fragment.text = `fragment ${fragment.name} on ${type.name} ${selectionOf(type, depth)}`;
    return fragment.name;
  }

  function condition(): string {
    if (!hasConditions || draw(3) > 0) return '';
    const type = new GraphQLNonNull(GraphQLBoolean);
    const args = [{ name: 'if', type, description: '', defaultValue: undefined, deprecationReason: '' }];
    const directive = {
      name: pick(draw, ['skip', 'include']),
      args: args.map((arg) => ({ ...arg, extensions: {}, astNode: undefined })),
    };
    return ` @${directive.name}${inputs.argumentsOf(directive)}`;
  }

  const query = schema.getQueryType();
  if (!query) throw new Error('expected a schema with queries');
  const selection = selectionOf(query, 0);
  const introspection = introspects
    ? ' __type(name: "Run") { name fields { name } } __schema { queryType { name } }'
    : '';
  const text = `query ${pick(draw, ['', 'Some_Name', '__proto__'])}${inputs.declarations()} ${selection.slice(0, -1)}${introspection} }`;
  return {
    text: [text, ...fragments.map((fragment) => fragment.text)].join('\n'),
    variables: inputs.variables,
    otherVariables: inputs.otherVariables,
  };
}

const isComposite = (type: GraphQLNamedType): type is Composite => isObjectType(type) || isUnionType(type);
