/** A name that somebody gave: of any length and in any script. Cut where it has no room; the whole is on hover. */
import './text.css';

export interface NameProps {
  readonly children: string;
  /** What follows the name and is never cut, such as `#2`. */
  readonly mark?: string | undefined;
}

export function Name({ children, mark }: NameProps) {
  return (
    <span className="given-name" title={mark === undefined ? children : `${children} ${mark}`}>
      <bdi>{children}</bdi>
      {mark !== undefined && <span className="given-name-mark">{mark}</span>}
    </span>
  );
}

/** Of a node that ran more than once. */
export const attemptMark = (attempt: number, attemptCount: number): string | undefined =>
  attemptCount > 1 ? `#${attempt}` : undefined;
