/** Bounds on the form of an operation, checked before anything is executed; what it may cause is bounded by its cost. */
import { GraphQLError, Kind, MaxIntrospectionDepthRule } from 'graphql';
import type {
  ASTVisitor,
  FieldNode,
  SelectionNode,
  SelectionSetNode,
  ValidationContext,
  ValidationRule,
} from 'graphql';

/** Deep enough for every real need: `run.timeline.bars.step.previousAttempt.errorInfo.message` is 7. */
export const MAX_DEPTH = 20;
/** Names, braces and the like; a page of fields is some hundreds. */
export const MAX_TOKENS = 5000;
export const MAX_ALIASES = 100;
export const MAX_ROOT_FIELDS = 50;
export const MAX_DIRECTIVES = 100;

/** What an error says of the limit that was passed, beside its message. */
export interface PassedLimit {
  readonly limit: 'depth' | 'aliases' | 'rootFields' | 'directives' | 'cost';
  readonly maximum: number;
  readonly found: number;
}

/** How a figure of a selection follows from those of the selections in it; fragments count wherever they are spread. */
interface Measure {
  readonly ofSelection: (selection: SelectionNode, inner: number) => number;
  readonly together: (figures: readonly number[]) => number;
}

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);
const isIntrospection = ({ name }: FieldNode): boolean => name.value.startsWith('__');

/** Introspection is left alone, since tools ask it deeply. */
const DEPTH: Measure = {
  ofSelection(selection, inner) {
    if (selection.kind !== Kind.FIELD) return inner;
    return isIntrospection(selection) ? 0 : 1 + inner;
  },
  together: (figures) => Math.max(0, ...figures),
};

const ALIASES: Measure = {
  ofSelection: (selection, inner) => (selection.kind === Kind.FIELD && selection.alias ? 1 : 0) + inner,
  together: sum,
};

const ROOT_FIELDS: Measure = {
  ofSelection: (selection, inner) => (selection.kind === Kind.FIELD ? 1 : inner),
  together: sum,
};

const DIRECTIVES: Measure = {
  ofSelection: (selection, inner) => (selection.directives?.length ?? 0) + inner,
  together: sum,
};

interface Limit {
  readonly limit: PassedLimit['limit'];
  readonly maximum: number;
  readonly measure: Measure;
  readonly say: (found: number) => string;
}

const LIMITS: readonly Limit[] = [
  { limit: 'depth', maximum: MAX_DEPTH, measure: DEPTH, say: (found) => `is ${found} fields deep` },
  { limit: 'aliases', maximum: MAX_ALIASES, measure: ALIASES, say: (found) => `has ${found} aliases` },
  { limit: 'rootFields', maximum: MAX_ROOT_FIELDS, measure: ROOT_FIELDS, say: (found) => `has ${found} root fields` },
  { limit: 'directives', maximum: MAX_DIRECTIVES, measure: DIRECTIVES, say: (found) => `has ${found} directives` },
];

/** The validation rules that hold every operation to these limits. */
export const LIMIT_RULES: readonly ValidationRule[] = [MaxIntrospectionDepthRule, ...LIMITS.map(ruleOf)];

function ruleOf({ limit, maximum, measure, say }: Limit): ValidationRule {
  return (context: ValidationContext): ASTVisitor => {
    const figureOf = measuring(measure, context);
    return {
      OperationDefinition(operation) {
        const ofItself = limit === 'directives' ? (operation.directives?.length ?? 0) : 0;
        const found = ofItself + figureOf(operation.selectionSet);
        if (found <= maximum) return;
        const extensions: PassedLimit = { limit, maximum, found };
        const message = `This operation ${say(found)}; at most ${maximum} are allowed.`;
        context.reportError(new GraphQLError(message, { nodes: operation, extensions: { ...extensions } }));
      },
    };
  };
}

/** Each fragment is measured once, however often it is spread: nested spreads would else take exponential time. */
function measuring({ ofSelection, together }: Measure, context: ValidationContext) {
  const fragments = new Map<string, number>();

  const ofSet = (set: SelectionSetNode | undefined): number =>
    together((set?.selections ?? []).map((selection) => ofSelection(selection, innerOf(selection))));

  const innerOf = (selection: SelectionNode): number =>
    selection.kind === Kind.FRAGMENT_SPREAD ? ofFragment(selection.name.value) : ofSet(selection.selectionSet);

  function ofFragment(name: string): number {
    const known = fragments.get(name);
    if (known !== undefined) return known;
    // Stands while it is measured, so that a fragment that spreads itself (another rule reports it) ends here.
    fragments.set(name, 0);
    const figure = ofSet(context.getFragment(name)?.selectionSet);
    fragments.set(name, figure);
    return figure;
  }

  return ofSet;
}
