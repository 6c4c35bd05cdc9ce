/** Limits on the shape of an operation. They apply before validation and execution, which recurse. */
import {
  GraphQLError,
  Kind,
  Lexer,
  OperationTypeNode,
  Source,
  TokenKind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Maximum number of characters. */
export const MAX_TEXT_LENGTH = 131_072;
/** Names, brackets and other tokens. A page of fields has a few hundred. */
export const MAX_TOKENS = 5000;
/**
 * Sum of the deepest brackets of each definition, because graphql-js recurses into fragments. It overflows the stack
 * from 1600 on.
 */
export const MAX_NESTING = 800;

export const LIMITS = {
  /** Enough for any real need: `run.timeline.bars.step.previousAttempt.errorInfo.message` has depth 7. */
  depth: 20,
  aliases: 100,
  rootFields: 50,
  /** `__schema` and `__type`, and the aliases in them: each may return the whole schema, and needs no key. */
  introspections: 2,
} as const;

const WORDS: Readonly<Record<keyof typeof LIMITS, (found: number) => string>> = {
  depth: (found) => `is ${found} fields deep`,
  aliases: (found) => `has ${found} aliases`,
  rootFields: (found) => `has ${found} root fields`,
  introspections: (found) => `has ${found} introspections`,
};

/** Measurements of a selection and its fragments. `conditions` counts @skip and @include of the selection itself. */
type Figures = Readonly<Record<'depth' | 'aliases' | 'fields' | 'introspections' | 'conditions', number>>;

const NONE: Figures = { depth: 0, aliases: 0, fields: 0, introspections: 0, conditions: 0 };

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Returns null if the document can be parsed and validated without overflowing the stack. Its syntax may be invalid.
 */
export function nestingProblem(text: string): GraphQLError | null {
  const lexer = new Lexer(new Source(text));
  let [depth, deepest, total] = [0, 0, 0];
  for (let tokens = 0; tokens < MAX_TOKENS && total <= MAX_NESTING; tokens += 1) {
    const kind = nextKind(lexer);
    if (kind === TokenKind.EOF) return null;
    if (OPENING.has(kind)) depth += 1;
    if (CLOSING.has(kind)) depth -= 1;
    if (depth > deepest) total += 1;
    deepest = depth > 0 ? Math.max(deepest, depth) : 0;
  }
  return total > MAX_NESTING ? TOO_NESTED : null;
}

/** The parser reports a document whose next token is invalid. */
function nextKind(lexer: Lexer): TokenKind {
  try {
    return lexer.advance().kind;
  } catch {
    return TokenKind.EOF;
  }
}

const TOO_NESTED = new GraphQLError(
  `The brackets of an operation and its fragments must be nested at most ${MAX_NESTING} deep in total, got more. Send deep values as variables.`,
  { extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
);

/** Returns null if every operation of the document is within the limits. */
export function passedLimit(document: DocumentNode): GraphQLError | null {
  const definitions = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const fragments = new Map(definitions.map((fragment) => [fragment.name.value, fragment.selectionSet]));
  const { ofSet, findCycle } = measuring(fragments);
  const cycle = findCycle();
  if (cycle !== null) return invalid(`Cannot spread fragment "${cycle}" within itself.`);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { fields: rootFields, conditions, ...others } = ofSet(definition.selectionSet);
    if (definition.operation === OperationTypeNode.SUBSCRIPTION && conditions > 0) return invalid(CONDITION);
    const found = { ...others, rootFields };
    for (const limit of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
      if (found[limit] > LIMITS[limit]) return limitError(limit, found[limit]);
    }
  }
  return null;
}

/** graphql-js throws, because it evaluates the condition without variables when it counts the root fields. */
const CONDITION = 'The root field of a subscription must not have @skip or @include. Remove the directive.';

function limitError(limit: keyof typeof LIMITS, found: number): GraphQLError {
  const maximum = LIMITS[limit];
  return invalid(`This operation ${WORDS[limit](found)}; at most ${maximum} are allowed.`, { limit, maximum, found });
}

const invalid = (message: string, extensions: Readonly<Record<string, unknown>> = {}): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions } });

const isIntrospection = ({ name }: FieldNode): boolean => name.value === '__schema' || name.value === '__type';

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include';

/** Measures each fragment once, because nested spreads could take exponential time. */
function measuring(fragments: ReadonlyMap<string, SelectionSetNode>) {
  const measured = new Map<string, Figures>();
  let cycle: string | null = null;

  const ofSet = ({ selections }: SelectionSetNode): Figures => selections.map(ofSelection).reduce(together, NONE);

  function ofSelection(selection: SelectionNode): Figures {
    const conditions = selection.directives?.filter(isCondition).length ?? 0;
    const own = { ...NONE, conditions };
    if (selection.kind === Kind.INLINE_FRAGMENT) return together(own, ofSet(selection.selectionSet));
    if (selection.kind === Kind.FRAGMENT_SPREAD) return together(own, ofFragment(selection.name.value));
    const inner = selection.selectionSet ? ofSet(selection.selectionSet) : NONE;
    const isOfSchema = isIntrospection(selection);
    return {
      // A rule of graphql-js limits the depth of introspection, because tools send deep queries.
      depth: isOfSchema ? 0 : 1 + inner.depth,
      aliases: (selection.alias ? 1 : 0) + inner.aliases,
      fields: 1,
      introspections: isOfSchema ? 1 + inner.aliases : inner.introspections,
      conditions,
    };
  }

  function ofFragment(name: string): Figures {
    const known = measured.get(name);
    if (known === MEASURING) cycle ??= name;
    if (known) return known;
    measured.set(name, MEASURING);
    const set = fragments.get(name);
    const figures = set ? ofSet(set) : NONE;
    measured.set(name, figures);
    return figures;
  }

  /** Name of a fragment that spreads itself, or null. Many such fragments would overflow the stack of validation. */
  function findCycle(): string | null {
    for (const name of fragments.keys()) ofFragment(name);
    return cycle;
  }

  return { ofSet, findCycle };
}

/** Marks a fragment that is being measured. */
const MEASURING: Figures = { ...NONE };

const together = (one: Figures, other: Figures): Figures => ({
  depth: Math.max(one.depth, other.depth),
  aliases: one.aliases + other.aliases,
  fields: one.fields + other.fields,
  introspections: one.introspections + other.introspections,
  conditions: one.conditions + other.conditions,
});
