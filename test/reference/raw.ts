/** Runs as the upstream sends them: the input of both the reference and the domain. */

export interface RawStep {
  readonly node: string;
  readonly word: string;
  readonly start: string | null;
  readonly end: string | null;
  /** In seconds. */
  readonly elapsed: number | null;
  readonly error: string | null;
  /** Item of a fan-out. */
  readonly item: string | null;
  /** From 1, within node and item. */
  readonly attempt: number | null;
  /** The end of a wait that lasts is null. */
  readonly waits: readonly (readonly [from: string, to: string | null])[];
  readonly tokens: number | null;
  readonly inputs: unknown;
  readonly outputs: unknown;
}

export interface RawRecord {
  readonly word: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly error: string | null;
}

export interface RawGraph {
  readonly nodes: readonly string[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly entry: string | null;
}

export interface RawRun {
  readonly steps: readonly RawStep[];
  readonly record: RawRecord | null;
  readonly graph: RawGraph | null;
  /** The clock at the request, in milliseconds since 1970. */
  readonly nowMs: number;
}
