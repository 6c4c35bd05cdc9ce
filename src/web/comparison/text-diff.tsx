/** Diff of two strings. Signs mark removed and added lines, so that color isn't the only difference. */
import { useMemo, useState } from 'react';
import { formatCount } from '../format/numbers.ts';
import { diffLines, type Hunk, type Line } from './diff-lines.ts';

export interface TextDiffProps {
  readonly before: string;
  readonly after: string;
}

const SHOWN_AT_FIRST = 200;

export function TextDiff({ before, after }: TextDiffProps) {
  const hunks = useMemo(() => diffLines(before, after), [before, after]);
  const [isWhole, setIsWhole] = useState(false);
  if (hunks === null) return <p className="muted">They differ too much to be compared line by line.</p>;
  if (hunks.length === 0) return <p className="muted">No difference</p>;
  const shown = isWhole ? hunks : upTo(hunks, SHOWN_AT_FIRST);
  const lineCount = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  return (
    <>
      <div className="text-diff text-box" tabIndex={0} role="group" aria-label="Differences">
        {shown.map(({ from, lines }) => (
          <div key={from}>
            <p>Line {formatCount(from)}</p>
            {lines.map((line, index) => (
              <DiffLine key={index} line={line} />
            ))}
          </div>
        ))}
      </div>
      {!isWhole && lineCount > SHOWN_AT_FIRST && (
        <div>
          <button type="button" onClick={() => setIsWhole(true)}>
            Show all {formatCount(lineCount)} lines
          </button>
        </div>
      )}
    </>
  );
}

const LINES = {
  same: { sign: ' ', Element: 'span', look: '' },
  removed: { sign: '−', Element: 'del', look: 'status-failed' },
  added: { sign: '+', Element: 'ins', look: 'status-completed' },
} as const;

function DiffLine({ line: { kind, parts } }: { readonly line: Line }) {
  const { sign, Element, look } = LINES[kind];
  return (
    <div className={`diff-line ${look}`}>
      <span aria-hidden="true">{sign}</span>
      <Element dir="auto">
        {parts.map(({ text, isChanged }, index) =>
          isChanged ? <strong key={index}>{text}</strong> : <span key={index}>{text}</span>,
        )}
      </Element>
    </div>
  );
}

function upTo(hunks: readonly Hunk[], most: number): readonly Hunk[] {
  let left = most;
  return hunks.flatMap((hunk) => {
    if (left <= 0) return [];
    const lines = hunk.lines.slice(0, left);
    left -= lines.length;
    return { ...hunk, lines };
  });
}
