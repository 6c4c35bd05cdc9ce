/** Bounds on the form of an operation, checked as soon as it is parsed: validation takes quadratic time on some forms. */
import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FieldNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** In characters. */
export const MAX_TEXT_LENGTH = 131_072;
/** Names, braces and the like; a page of fields is some hundreds. */
export const MAX_TOKENS = 5000;

export const LIMITS = {
  /** Deep enough for every real need: `run.timeline.bars.step.previousAttempt.errorInfo.message` is 7. */
  depth: 20,
  aliases: 100,
  rootFields: 50,
  directives: 100,
  fragments: 100,
  /** Fields that a selection names again without another alias. */
  repeatedFields: 100,
} as const;

export type Limit = keyof typeof LIMITS | 'cost' | 'objects';

const WORDS: Readonly<Record<keyof typeof LIMITS, (found: number) => string>> = {
  depth: (found) => `is ${found} fields deep`,
  aliases: (found) => `has ${found} aliases`,
  rootFields: (found) => `has ${found} root fields`,
  directives: (found) => `has ${found} directives`,
  fragments: (found) => `has ${found} fragments`,
  repeatedFields: (found) => `names ${found} fields again in the same selection`,
};

/** The figures of a selection, with the fragments that it spreads. */
type Figures = Readonly<Record<'depth' | 'aliases' | 'fields' | 'directives' | 'repeatedFields', number>>;

const NONE: Figures = { depth: 0, aliases: 0, fields: 0, directives: 0, repeatedFields: 0 };

/** Null if the document keeps within the limits. Each operation in it is measured. */
export function passedLimit(document: DocumentNode): GraphQLError | null {
  const definitions = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const fragments = new Map(definitions.map((fragment) => [fragment.name.value, fragment.selectionSet]));
  const measure = measuring(fragments);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { fields: rootFields, directives, ...others } = measure(definition.selectionSet);
    const own = definition.directives?.length ?? 0;
    const found = { ...others, rootFields, directives: directives + own, fragments: definitions.length };
    for (const limit of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
      if (found[limit] > LIMITS[limit])
        return limitError(limit, LIMITS[limit], found[limit], WORDS[limit](found[limit]));
    }
  }
  return null;
}

/** `words` complete the sentence "This operation …". */
export const limitError = (limit: Limit, maximum: number, found: number, words: string): GraphQLError =>
  new GraphQLError(`This operation ${words}; at most ${maximum} are allowed.`, {
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum, found },
  });

const isIntrospection = ({ name }: FieldNode): boolean => name.value.startsWith('__');

/** Each fragment is measured once, however often it is spread: nested spreads would otherwise take exponential time. */
function measuring(fragments: ReadonlyMap<string, SelectionSetNode>): (set: SelectionSetNode) => Figures {
  const measured = new Map<string, Figures>();

  function ofSet({ selections }: SelectionSetNode): Figures {
    const names = new Set<string>();
    return selections.map((selection) => ofSelection(selection, names)).reduce(together, NONE);
  }

  function ofSelection(selection: SelectionNode, names: Set<string>): Figures {
    const directives = selection.directives?.length ?? 0;
    if (selection.kind === Kind.FRAGMENT_SPREAD) return withDirectives(ofFragment(selection.name.value), directives);
    if (selection.kind === Kind.INLINE_FRAGMENT) return withDirectives(ofSet(selection.selectionSet), directives);
    const inner = selection.selectionSet ? ofSet(selection.selectionSet) : NONE;
    const name = (selection.alias ?? selection.name).value;
    const isRepeated = names.has(name);
    names.add(name);
    return {
      // Introspection is bounded by a rule of graphql-js: tools send deep queries of it.
      depth: isIntrospection(selection) ? 0 : 1 + inner.depth,
      aliases: (selection.alias ? 1 : 0) + inner.aliases,
      fields: 1,
      directives: directives + inner.directives,
      repeatedFields: (isRepeated ? 1 : 0) + inner.repeatedFields,
    };
  }

  function ofFragment(name: string): Figures {
    const known = measured.get(name);
    if (known) return known;
    // A placeholder, so that a fragment that spreads itself ends here. Validation reports it.
    measured.set(name, NONE);
    const set = fragments.get(name);
    const figures = set ? ofSet(set) : NONE;
    measured.set(name, figures);
    return figures;
  }

  return ofSet;
}

const together = (one: Figures, other: Figures): Figures => ({
  depth: Math.max(one.depth, other.depth),
  aliases: one.aliases + other.aliases,
  fields: one.fields + other.fields,
  directives: one.directives + other.directives,
  repeatedFields: one.repeatedFields + other.repeatedFields,
});

const withDirectives = (figures: Figures, directives: number): Figures => ({
  ...figures,
  directives: figures.directives + directives,
});
