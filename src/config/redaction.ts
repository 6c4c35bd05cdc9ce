/** The form of redaction rules, for the type of the option. auth/redaction-rules.ts reads them. */

/** Rules of redaction, as in the file of REDACTION. */
export interface RedactionRules {
  readonly rules: readonly {
    /** Names of members whose values are replaced, in any case, with or without `-` and `_`. */
    readonly keys?: readonly string[] | undefined;
    /** Replaces all strings. */
    readonly texts?: true | undefined;
    /** Members whose strings `texts` leaves. */
    readonly keep?: readonly string[] | undefined;
    /** Regular expressions whose matches are replaced. */
    readonly patterns?: readonly string[] | undefined;
    /** The rule does not apply to callers with this right. */
    readonly unless?: string | undefined;
  }[];
}
