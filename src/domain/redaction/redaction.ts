/** Which rules of redaction apply to a caller. */
import { hash, randomBytes } from 'node:crypto';
import type { RedactionRule } from './redactor.ts';

/** Rules that apply to some callers, with what identifies them. It can be sent to another process. */
export interface Redaction {
  /** Equal for equal rules. Part of the viewer, so that caches never mix. */
  readonly id: string;
  readonly rules: readonly RedactionRule[];
  /** Longer answers are read by the worker. */
  readonly maxBytesOnLoop: number;
  /** Key of hashes that are taken before redaction. Never stored or returned. */
  readonly secret: Uint8Array;
}

/** Null: no rule applies to a caller with these rights. */
export type RedactionOf = (rights: readonly string[]) => Redaction | null;

export function createRedactions(rules: readonly RedactionRule[]): RedactionOf {
  const secret = randomBytes(32);
  const known = new Map<string, Redaction>();
  return (rights) => {
    const applied = rules.filter(({ unless }) => unless === null || !rights.includes(unless));
    if (applied.length === 0) return null;
    const text = applied.map(textOf).join('\n');
    const redaction = known.get(text) ?? {
      id: hash('sha256', text, 'base64url'),
      rules: applied,
      maxBytesOnLoop: applied.some(mayBeSlow) ? MAX_SLOW_BYTES : Infinity,
      secret,
    };
    known.set(text, redaction);
    return redaction;
  };
}

/** Some patterns take quadratic time for some texts. */
const MAX_SLOW_BYTES = 65_536;

const mayBeSlow = ({ patterns }: RedactionRule): boolean => patterns.some(({ source }) => /[*+]|,\}/.test(source));

const textOf = ({ keys, texts, keep, patterns }: RedactionRule): string =>
  JSON.stringify([[...keys], texts, [...keep], patterns.map(({ source }) => source)]);
