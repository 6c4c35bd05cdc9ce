/** What narrows a viewer's sight below that of the key that goes upstream. */
export interface Sight {
  /** Null: those of every organization that the key sees. */
  readonly organizationId: string | null;
  /** Null: all. */
  readonly workflowIds: ReadonlySet<string> | null;
}
