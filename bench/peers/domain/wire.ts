/** The fields of the upstream's steps that the peers read, as sent by UPSTREAM call 1. */

export interface WireStep {
  readonly id: string;
  readonly node_id: string;
  readonly status: string;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly elapsed_time: number | null;
  readonly error: string | null;
}
