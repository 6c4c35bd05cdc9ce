/** Restricts a viewer to a part of what the upstream key may see. */
export interface Scope {
  /** Null: every organization that the key sees. */
  readonly organizationId: string | null;
  /** Null: all workflows. */
  readonly workflowIds: ReadonlySet<string> | null;
}
