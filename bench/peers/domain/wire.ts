/** What the peers read of the upstream's steps: the wire's names, as UPSTREAM call 1 sends them. */

export interface WireStep {
  readonly id: string;
  readonly node_id: string;
  readonly status: string;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly elapsed_time: number | null;
  readonly error: string | null;
}
