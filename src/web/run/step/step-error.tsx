/** Error of a step: message, kind, and the raw text of the upstream. */
import { LongText } from '../../text/long-text.tsx';
import './step-error.css';

export interface StepErrorProps {
  readonly error: {
    readonly message: string;
    readonly type?: string | null;
    readonly code?: string | null;
    readonly raw: string;
  } | null;
  readonly hasFailed: boolean;
}

export function StepError({ error, hasFailed }: StepErrorProps) {
  if (!error) return hasFailed ? <p className="step-error">No error message</p> : null;
  const kind = [error.type, error.code].filter((word) => word != null).join(' · ');
  return (
    <div className="step-error">
      <LongText text={error.message} label="Error" />
      {kind !== '' && <p className="mono muted">{kind}</p>}
      {error.raw !== error.message && (
        <details>
          <summary>Raw error</summary>
          <LongText text={error.raw} label="Raw error" />
        </details>
      )}
    </div>
  );
}
