/** Toolbar of the timeline. Each choice is stored in the URL. */
import { Choice } from '../controls/choice.tsx';
import { SearchField } from '../controls/search-field.tsx';
import { ZoomButtons, type Zoom } from '../controls/zoom-buttons.tsx';
import { formatCount } from '../format/numbers.ts';
import { SkipForward } from '../shell/icons.tsx';
import { useUrl } from '../url/url.ts';
import type { Arrangement } from './bars/layout.ts';

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

const CLOCKS = [
  { name: 'elapsed', label: 'Since start' },
  { name: 'local', label: 'Local time' },
  { name: 'utc', label: 'UTC' },
] as const;

export function Toolbar(props: ToolbarProps) {
  const { arrangement, shownCount, totalCount, failureCount, canFold, zoom, onNextFailure } = props;
  const url = useUrl();
  return (
    <div className="toolbar timeline-bar">
      <Choice label="Arrangement" options={ARRANGEMENTS} value={arrangement} onChange={(rows) => url.go({ rows })} />
      <SearchField
        label="Filter by node"
        placeholder="Filter by node"
        value={url.params.find ?? ''}
        onChange={(find) => url.type({ find })}
      />
      <span className="muted" role="status">
        {shownCount < totalCount && `${formatCount(shownCount)} of ${formatCount(totalCount)} steps`}
      </span>
      {failureCount > 0 && (
        // The focus stays on this button, so that one key opens the next failed step.
        <button type="button" data-keeps-focus="" onClick={onNextFailure}>
          <SkipForward /> Next failed step <span className="muted">{formatCount(failureCount)}</span>
        </button>
      )}
      <span className="spacer" />
      <span className="toolbar">
        {canFold && (
          <label className="inline">
            <input
              type="checkbox"
              checked={url.params.fold !== 'off'}
              onChange={({ target }) => url.go({ fold: target.checked ? 'on' : 'off' })}
            />
            Fold idle time and waits
          </label>
        )}
        <select
          aria-label="Time axis"
          value={url.params.clock}
          onChange={({ target }) => url.go({ clock: CLOCKS.find(({ name }) => name === target.value)?.name ?? null })}
        >
          {CLOCKS.map(({ name, label }) => (
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
