/** What is shown of the timeline and how: each choice is kept in the address. */
import type { ReactNode } from 'react';
import { Maximize, SkipForward, ZoomIn, ZoomOut } from 'lucide-react';
import { Choice } from '../controls/choice.tsx';
import { formatCount } from '../format/numbers.ts';
import { useUrlQuery } from '../url/query.ts';
import type { Arrangement } from './bars/layout.ts';
import { clockNamed, type Clock } from './time/clock.ts';
import type { Zoom } from './time/zoom.ts';

export interface ToolbarProps {
  readonly arrangement: Arrangement;
  readonly shownCount: number;
  readonly totalCount: number;
  readonly failureCount: number;
  readonly canFold: boolean;
  readonly zoom: Zoom;
  readonly onNextFailure: () => void;
}

const ARRANGEMENTS = [
  { name: 'nodes', label: 'By node' },
  { name: 'packed', label: 'Packed' },
] as const;

const CLOCK_NAMES: Readonly<Record<Clock, string>> = { elapsed: 'Since start', local: 'Local time', utc: 'UTC' };

export function Toolbar(props: ToolbarProps) {
  const { arrangement, shownCount, totalCount, failureCount, canFold, zoom, onNextFailure } = props;
  const url = useUrlQuery();
  const change = (name: string, value: string | null) => {
    url.change({ [name]: value }, { replace: true });
  };
  return (
    <div className="toolbar timeline-bar">
      <Choice
        label="Arrangement"
        options={ARRANGEMENTS}
        value={arrangement}
        onChange={(name) => {
          change('rows', name === 'nodes' ? null : name);
        }}
      />
      <input
        type="search"
        className="find"
        aria-label="Filter by node"
        placeholder="Filter by node"
        value={url.read('find') ?? ''}
        onChange={({ target }) => {
          change('find', target.value);
        }}
      />
      <span className="muted" role="status">
        {shownCount < totalCount && `${formatCount(shownCount)} of ${formatCount(totalCount)} steps`}
      </span>
      {failureCount > 0 && (
        // The focus stays here, so that the next one is one key away.
        <button type="button" data-keeps-focus="" onClick={onNextFailure}>
          <SkipForward aria-hidden="true" /> Next failure <span className="muted">{formatCount(failureCount)}</span>
        </button>
      )}
      <span className="spacer" />
      <span className="view-controls">
        {canFold && (
          <label className="fold-switch">
            <input
              type="checkbox"
              checked={url.read('fold') !== 'off'}
              onChange={({ target }) => {
                change('fold', target.checked ? null : 'off');
              }}
            />
            Fold idle time
          </label>
        )}
        <select
          aria-label="Time axis"
          value={clockNamed(url.read('clock'))}
          onChange={({ target }) => {
            change('clock', target.value === 'elapsed' ? null : target.value);
          }}
        >
          {Object.entries(CLOCK_NAMES).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
        <span className="zoom">
          <span className="muted zoom-factor">{zoom.factor}×</span>
          <IconButton
            label="Zoom out"
            keys="−"
            onClick={() => {
              zoom.by(-1);
            }}
          >
            <ZoomOut aria-hidden="true" />
          </IconButton>
          <IconButton
            label="Zoom in"
            keys="+"
            onClick={() => {
              zoom.by(1);
            }}
          >
            <ZoomIn aria-hidden="true" />
          </IconButton>
          <IconButton label="Show the whole run" keys="0" onClick={zoom.reset}>
            <Maximize aria-hidden="true" />
          </IconButton>
        </span>
      </span>
    </div>
  );
}

interface IconButtonProps {
  readonly label: string;
  readonly keys: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function IconButton({ label, keys, onClick, children }: IconButtonProps) {
  return (
    <button type="button" className="icon-only" aria-label={label} title={`${label} (${keys})`} onClick={onClick}>
      {children}
    </button>
  );
}
