/** User-defined name of any length and script. It is truncated to fit; the full name is on hover. */

export interface NameProps {
  readonly children: string;
  /** Suffix that is never truncated, such as `#2`. */
  readonly mark?: string | undefined;
}

export function Name({ children, mark }: NameProps) {
  return (
    <span className="given-name" title={mark === undefined ? children : `${children} ${mark}`}>
      <bdi className="ellipsis">{children}</bdi>
      {mark !== undefined && <span className="given-name-mark">{mark}</span>}
    </span>
  );
}
