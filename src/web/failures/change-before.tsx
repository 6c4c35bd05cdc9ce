/** What changed in a workflow before a failure was first seen. */
import { messageOf } from '../shell/notices.tsx';
import { ChangeOf, type MaskedChange } from './changes.tsx';

export interface ChangeBeforeProps {
  readonly changes: readonly MaskedChange[] | undefined;
  readonly error: Error | undefined;
}

export function ChangeBefore({ changes, error }: ChangeBeforeProps) {
  if (error) {
    return (
      <p className="change muted" title={messageOf(error)}>
        What changed before could not be read
      </p>
    );
  }
  if (!changes) return null;
  if (changes.length === 0) {
    return <p className="change muted">No change of model, prompt, parameters or graph found shortly before it</p>;
  }
  return (
    <div className="change is-found">
      {changes.map((change, index) => (
        <ChangeOf key={index} change={change}>
          , shortly before the first failure
        </ChangeOf>
      ))}
    </div>
  );
}
