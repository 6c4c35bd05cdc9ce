/** What narrows a viewer's scope below that of the key that goes upstream. */
export interface Scope {
  /** Null: those of every organization that the key sees. */
  readonly organizationId: string | null;
  /** Null: all. */
  readonly workflowIds: ReadonlySet<string> | null;
}
