/** Restricts a viewer to a part of the data that the upstream key may see. */
export interface Scope {
  /** Null for every organization that the key sees. */
  readonly organizationId: string | null;
  /** Null for all workflows. */
  readonly workflowIds: ReadonlySet<string> | null;
}
