/** A workflow that is only named so far: nothing has been fetched of it. */
export interface WorkflowHandle {
  readonly id: string;
}
