/** Which redaction rules apply to a caller. */
import { hash, randomBytes } from 'node:crypto';
import { minOf } from '../order.ts';
import type { RedactionRule } from './redactor.ts';

/** Rules that apply to some callers, and their identity. Can be sent to another process. */
export interface Redaction {
  /** Equal for equal rules. Part of the viewer, so caches never mix. */
  readonly id: string;
  readonly rules: readonly RedactionRule[];
  /** The worker reads longer responses. */
  readonly maxBytesOnLoop: number;
  /** Key of hashes taken before redaction. Never stored or returned. */
  readonly secret: Uint8Array;
}

/** Returns null if no rule applies to a caller with these rights. */
export type RedactionOf = (rights: readonly string[]) => Redaction | null;

export function createRedactions(rules: readonly RedactionRule[]): RedactionOf {
  const secret = randomBytes(32);
  return (rights) => {
    const applied = rules.filter(({ unless }) => unless === null || !rights.includes(unless));
    if (applied.length === 0) return null;
    const id = hash('sha256', applied.map(textOf).join('\n'), 'base64url');
    return { id, rules: applied, maxBytesOnLoop: minOf(applied.map(bytesOnLoop)), secret };
  };
}

/** Patterns take linear time for most strings, but quadratic time or more for some if they repeat without a limit. */
function bytesOnLoop({ patterns }: RedactionRule): number {
  if (patterns.length === 0) return Infinity;
  return patterns.some(({ source }) => /[*+]|,\}/.test(source)) ? 1024 : 65_536;
}

const textOf = ({ keys, texts, keep, patterns, unless }: RedactionRule): string =>
  JSON.stringify([[...keys], texts, [...keep], patterns.map(({ source }) => source), unless]);

/** Rights that would exempt the caller from a rule. */
export const rightsToRead = (redaction: Redaction | null): readonly string[] => [
  ...new Set(redaction?.rules.flatMap(({ unless }) => unless ?? [])),
];
