/** Viewer for a JSON value: JMESPath field, copy, download and tree. */
import { useId } from 'react';
import { messageOf } from '../live/errors.ts';
import { useDraft } from '../hooks/draft.ts';
import { CopyButton } from '../shell/copy-button.tsx';
import { Download } from '../shell/icons.tsx';
import { lazyPart } from '../shell/lazy-part.tsx';
import { Failure, Loading } from '../shell/notices.tsx';

export const JsonTree = lazyPart(() => import('./json-tree.tsx'), 'the tree');

export interface PayloadProps {
  /** JMESPath of the shown part; `null` for the whole value. */
  readonly path: string | null;
  readonly onPath: (path: string) => void;
  readonly fileName: string;
  /** Name of the value, for "No outputs". */
  readonly what: 'inputs' | 'outputs';
  readonly value: unknown;
  readonly isEmpty: boolean;
  /** Rights that would show more; `null` if nothing is redacted. */
  readonly redactedUnless: readonly string[] | null;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  readonly onRetry: () => void;
  /** Button that loads a large value on request. */
  readonly onFetch?: { readonly label: string; readonly run: () => void } | undefined;
}

export function Payload({ path, onPath, fileName, what, value, isEmpty, ...props }: PayloadProps) {
  const { redactedUnless, isLoading, error, onRetry, onFetch } = props;
  const hasValue = value !== undefined && !isEmpty && !error;
  if (isEmpty) return <p className="muted">No {what}</p>;
  return (
    <>
      <div className="payload-bar toolbar">
        <PathField path={path ?? ''} onPath={onPath} error={path === null ? undefined : error} />
        <CopyAndDownload value={value} fileName={fileName} isEnabled={hasValue} />
      </div>
      {error && path === null && <Failure error={error} what={what} onRetry={onRetry} />}
      {isLoading && <Loading what={`the ${what}`} />}
      {onFetch && (
        <p className="toolbar">
          <button type="button" onClick={onFetch.run}>
            {onFetch.label}
          </button>
          <span className="muted">It is large. A path fetches only a part of it.</span>
        </p>
      )}
      {hasValue && redactedUnless && <p className="muted">{redactionNote(redactedUnless)}</p>}
      {hasValue && !isLoading && value === null && <p className="muted">The path finds nothing.</p>}
      {hasValue && !isLoading && value !== null && <JsonTree key={path} value={value} />}
    </>
  );
}

/** What a reader of `[redacted]` can do about it. */
const redactionNote = (rights: readonly string[]): string =>
  rights.length === 0
    ? 'Your key may not read what is marked [redacted].'
    : `Your key may not read what is marked [redacted]: it doesn’t have the right ${rights.join(' or ')}.`;

interface PathFieldProps {
  readonly path: string;
  readonly onPath: (path: string) => void;
  readonly error: Error | undefined;
}

function PathField({ path, onPath, error }: PathFieldProps) {
  const draft = useDraft(path, onPath);
  const id = useId();
  return (
    <form
      className="path-field"
      onSubmit={(event) => {
        event.preventDefault();
        draft.commit(draft.text.trim());
      }}
    >
      <label htmlFor={id}>JMESPath</label>
      <input
        id={id}
        className="mono"
        value={draft.text}
        placeholder="choices[0].message.content"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-problem`}
        onChange={({ target }) => draft.type(target.value)}
      />
      <button type="submit">Apply</button>
      <p id={`${id}-problem`} className="bad" role="status">
        {error && messageOf(error)}
      </p>
    </form>
  );
}

const KEPT_FOR_DOWNLOAD_MS = 60_000;

interface CopyAndDownloadProps {
  readonly value: unknown;
  readonly fileName: string;
  readonly isEnabled: boolean;
}

function CopyAndDownload({ value, fileName, isEnabled }: CopyAndDownloadProps) {
  const text = (): string => JSON.stringify(value, null, 2);

  function download(): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text()], { type: 'application/json' }));
    link.download = fileName;
    link.click();
    // Some browsers read the file only after the click has been handled.
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_FOR_DOWNLOAD_MS);
  }

  return (
    <>
      <CopyButton label="Copy" isEnabled={isEnabled} text={text} />
      <button
        type="button"
        className="icon-only"
        aria-label="Download"
        title="Download"
        disabled={!isEnabled}
        onClick={download}
      >
        <Download />
      </button>
    </>
  );
}
