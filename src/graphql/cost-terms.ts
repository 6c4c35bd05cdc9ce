/** Costs as terms over an operation's variables: made once for a document, worked out for each request. */
import { Kind, valueFromASTUntyped, type FieldNode, type OperationDefinitionNode } from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

/** One working out; what a fragment came to is kept, since nested spreads would else take exponential time. */
export interface Evaluation {
  readonly variables: Variables;
  readonly fragments: Map<string, number>;
}

/** A number where no variable matters. */
export type Term = number | ((evaluation: Evaluation) => number);

export const valueOf = (term: Term, evaluation: Evaluation): number =>
  typeof term === 'number' ? term : term(evaluation);

export function plus(one: Term, other: Term): Term {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (one === 0) return other;
  if (other === 0) return one;
  return (evaluation) => valueOf(one, evaluation) + valueOf(other, evaluation);
}

export function times(one: Term, other: Term): Term {
  if (typeof one === 'number' && typeof other === 'number') return one * other;
  if (one === 0 || other === 0) return 0;
  if (one === 1) return other;
  if (other === 1) return one;
  return (evaluation) => valueOf(one, evaluation) * valueOf(other, evaluation);
}

/** The same term, worked out once in each evaluation. */
export function shared(name: string, term: Term): Term {
  if (typeof term === 'number') return term;
  return (evaluation) => {
    const known = evaluation.fragments.get(name);
    if (known !== undefined) return known;
    const value = term(evaluation);
    evaluation.fragments.set(name, value);
    return value;
  };
}

/** The arguments of one field. */
export interface Arguments {
  /** What `measure` makes of the argument's value, as it was given or by default; undefined where there is neither. */
  term(name: string, measure: (value: unknown) => number): Term;
}

/** `defaults` are the schema's, by the argument's name. */
export function argumentsOf(
  { arguments: given = [] }: FieldNode,
  defaults: ReadonlyMap<string, unknown>,
  operation: OperationDefinitionNode,
): Arguments {
  return {
    term(name, measure) {
      const node = given.find((argument) => argument.name.value === name)?.value;
      if (node?.kind !== Kind.VARIABLE) return measure(node ? valueFromASTUntyped(node) : defaults.get(name));
      const variable = node.name.value;
      const byDefault = defaultOf(variable, operation) ?? defaults.get(name);
      return ({ variables }) => {
        const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
        return measure(value === undefined ? byDefault : value);
      };
    },
  };
}

function defaultOf(variable: string, { variableDefinitions = [] }: OperationDefinitionNode): unknown {
  const definition = variableDefinitions.find((candidate) => candidate.variable.name.value === variable);
  return definition?.defaultValue && valueFromASTUntyped(definition.defaultValue);
}
