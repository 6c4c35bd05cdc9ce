/** A change for a subscriber: the current states, and what the subscriber knows already. */

export interface LiveChange {
  /** Key of the watched data. */
  readonly topic: string;
  /** Current states, compared by identity. */
  readonly states: readonly object[];
  /** Key of what the subscriber knows. Events with the same topic, states and `since` are equal. */
  readonly since: string;
}
