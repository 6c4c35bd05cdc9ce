/** Error of a run or a step: message, kind, and the upstream's raw output. */
import { LongText } from '../text/long-text.tsx';

export interface ErrorTextProps {
  readonly error: {
    readonly message: string;
    readonly type?: string | null;
    readonly code?: string | null;
    readonly raw: string;
  };
  readonly label: string;
}

export function ErrorText({ error, label }: ErrorTextProps) {
  const kind = [error.type, error.code].filter((word) => word != null).join(' · ');
  return (
    <div className="error-text">
      <LongText text={error.message} label={label} />
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
