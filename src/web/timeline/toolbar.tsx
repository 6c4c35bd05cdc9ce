/** Toolbar of the timeline. Each choice is stored in the URL. */
import { SkipForward } from 'lucide-react';
import { Choice } from '../controls/choice.tsx';
import { SearchField } from '../controls/search-field.tsx';
import { ZoomButtons, type Zoom } from '../controls/zoom-buttons.tsx';
import { formatCount } from '../format/numbers.ts';
import { useUrlQuery } from '../url/query.ts';
import type { Arrangement } from './bars/layout.ts';
import { clockNamed, type Clock } from './time/clock.ts';

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
      <SearchField
        label="Filter by node"
        placeholder="Filter by node"
        value={url.read('find') ?? ''}
        onChange={(text) => {
          change('find', text);
        }}
      />
      <span className="muted" role="status">
        {shownCount < totalCount && `${formatCount(shownCount)} of ${formatCount(totalCount)} steps`}
      </span>
      {failureCount > 0 && (
        // The focus stays on this button, so that one key opens the next failed step.
        <button type="button" data-keeps-focus="" onClick={onNextFailure}>
          <SkipForward aria-hidden="true" /> Next failed step <span className="muted">{formatCount(failureCount)}</span>
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
        <ZoomButtons zoom={zoom} label="Zoom of the timeline" resetLabel="Show the whole run" />
      </span>
    </div>
  );
}
