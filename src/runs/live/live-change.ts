/** What a subscription has to tell its reader: the present state, beside what the reader knows. */

export interface LiveChange {
  /** What is watched. */
  readonly topic: string;
  /** The present states, compared by identity. */
  readonly states: readonly object[];
  /** What the reader knows of them. Events of the same topic, states and knowledge are alike. */
  readonly since: string;
}
