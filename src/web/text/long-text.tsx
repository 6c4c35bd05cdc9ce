/** String of any length: an excerpt with a button for the rest. */
import { useState } from 'react';
import { formatCount } from '../format/numbers.ts';
import { excerptOf, type ExcerptBounds } from './excerpt.ts';

export interface LongTextProps extends Partial<ExcerptBounds> {
  readonly text: string;
  /** Label for assistive technology. */
  readonly label: string;
}

export function LongText({ text, label, lines = 12, characters = 1200 }: LongTextProps) {
  const [isWhole, setIsWhole] = useState(false);
  const excerpt = excerptOf(text, { lines, characters });
  const isMultiline = excerpt.lineCount > 1;
  const toggle = excerpt.cut !== null && (
    <button type="button" className="quiet" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
      {isWhole ? 'Show less' : `Show all ${isMultiline ? `${formatCount(excerpt.lineCount)} lines` : ''}`.trimEnd()}
    </button>
  );
  return (
    <div className={isMultiline ? 'long-text mono' : 'long-text'}>
      {excerpt.cut === 'before' && toggle}
      <pre tabIndex={isWhole || excerpt.cut !== null ? 0 : undefined} aria-label={label} dir="auto">
        {!isWhole && excerpt.cut === 'before' && '…\n'}
        {isWhole ? text : excerpt.text}
        {!isWhole && excerpt.cut === 'after' && '…'}
      </pre>
      {excerpt.cut === 'after' && toggle}
    </div>
  );
}
