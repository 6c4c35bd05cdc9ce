/** The shape of redaction rules, for the type of the option. auth/redaction-rules.ts validates them. */

/** Redaction rules, as in the REDACTION file. */
export interface RedactionRules {
  readonly rules: readonly {
    /** Names of members whose values are replaced, ignoring case, `-` and `_`. */
    readonly keys?: readonly string[] | undefined;
    /** Replaces all strings. */
    readonly texts?: true | undefined;
    /** Members whose strings `texts` keeps. */
    readonly keep?: readonly string[] | undefined;
    /** Regular expressions whose matches are replaced. */
    readonly patterns?: readonly string[] | undefined;
    /** Exempts callers with this right from the rule. */
    readonly unless?: string | undefined;
  }[];
}
