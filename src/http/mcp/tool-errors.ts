/** Errors of a tool's operation, for an agent: what wasn't found, and which tool finds it. */
import type { GraphQLFormattedError } from 'graphql';
import { isRecord } from '../../graphql/json-kinds.ts';
import { excerpt } from './argument-errors.ts';

export type Variables = Readonly<Record<string, unknown>>;

type BriefError = ReturnType<typeof briefError>;

interface ToolErrors {
  /** Without duplicates, because many steps may fail in the same way. */
  readonly errors: readonly BriefError[];
  /** Whether an argument is invalid, or there is no data. */
  readonly isError: boolean;
}

interface FailedOperation {
  readonly errors: readonly GraphQLFormattedError[];
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly variables: Variables;
  /** Follows a message about ids that weren't found. Empty if no tool finds them. */
  readonly whereIdsAre: string;
}

export function toolErrors({ errors, data, variables, whereIdsAre }: FailedOperation): ToolErrors {
  const isUnanswered = Object.values(data ?? {}).every((root) => isEmpty(root, variables));
  const briefOnes = errors.map((error) => {
    const missing = error.extensions?.code === 'NOT_FOUND' ? missingOf(error, variables, isUnanswered) : null;
    return missing === null
      ? { error: briefError(error), isWrong: error.extensions?.code === 'BAD_USER_INPUT' }
      : { error: { ...briefError(error), message: `${missing} was not found.${whereIdsAre}` }, isWrong: true };
  });
  const seen = new Set<string>();
  const isNew = ({ message, workflowId }: BriefError): boolean => {
    const { size } = seen;
    return seen.add(JSON.stringify([message, workflowId])).size > size;
  };
  return {
    errors: briefOnes.map(({ error }) => error).filter(isNew),
    isError: errors.length > 0 && (isUnanswered || briefOnes.some(({ isWrong }) => isWrong)),
  };
}

/** Whether the value is null, or an object with only ids from the arguments. */
const isEmpty = (value: unknown, variables: Variables): boolean =>
  value === null ||
  (isRecord(value) &&
    Object.values(value).every((member) => member === null || Object.values(variables).includes(member)));

/** What the arguments name but the upstream doesn't have, or null if something else wasn't found. */
function missingOf({ extensions }: GraphQLFormattedError, variables: Variables, isUnanswered: boolean): string | null {
  const { workflowIds } = variables;
  const workflowId = extensions?.workflowId;
  if (Array.isArray(workflowIds) && workflowIds.includes(workflowId)) return `Workflow ${quoted(workflowId)}`;
  const named = ['step', 'run', 'workflow'].flatMap((what) => {
    const id = variables[`${what}Id`];
    return id === undefined ? [] : [`${what} ${quoted(id)}`];
  });
  if (!isUnanswered || named.length === 0) return null;
  const text = named.join(' of ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const quoted = (id: unknown): string => JSON.stringify(excerpt(String(id)));

const briefError = ({ message, path, extensions }: GraphQLFormattedError) => ({
  message,
  ...(path && { path: path.join('.') }),
  ...(extensions?.workflowId !== undefined && { workflowId: extensions.workflowId }),
  code: extensions?.code,
  retryable: extensions?.retryable,
  requestId: extensions?.requestId,
});
