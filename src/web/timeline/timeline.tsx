/** A run's steps over time: lanes, attempts, the critical path, idle stretches, and a line for now. */
import { useEffect, useMemo, useRef } from 'react';
import { Maximize, ZoomIn, ZoomOut } from 'lucide-react';
import { formatDuration } from '../format/duration.ts';
import { useUrlQuery } from '../url/query.ts';
import { Axis } from './axis.tsx';
import { drawBars, LANE_PX, type Bar, type Window } from './bars.ts';
import { Lanes } from './lanes.tsx';
import { Legend } from './legend.tsx';
import { createScale, foldable, type Stretch } from './scale.ts';
import { useTicking } from './ticking.ts';
import { useTimelineCursor } from './timeline-cursor.ts';
import { useViewport } from './viewport.ts';
import { useZoom } from './zoom.ts';
import './timeline.css';

export interface TimelineProps {
  readonly bars: readonly Bar[];
  readonly gaps: readonly Stretch[];
  readonly durationMs: number;
  readonly laneCount: number;
  /** True while the run goes on and the page hears of it: then time passes here, too. */
  readonly isMoving: boolean;
  readonly isFinished: boolean;
}

export function Timeline({ bars, gaps, durationMs, laneCount, isMoving, isFinished }: TimelineProps) {
  const url = useUrlQuery();
  const ref = useRef<HTMLDivElement>(null);
  const viewport = useViewport(ref);

  const totalMs = useTicking(durationMs, isMoving) ?? durationMs;
  const sinceMs = totalMs - durationMs;
  const grown = useMemo(
    () =>
      sinceMs === 0
        ? bars
        : bars.map((bar) => (bar.status === 'RUNNING' ? { ...bar, durationMs: bar.durationMs + sinceMs } : bar)),
    [bars, sinceMs],
  );
  const folds = foldable(gaps, totalMs);
  const isFolding = url.read('fold') !== 'off';
  const scale = createScale(totalMs, isFolding ? folds : []);
  const zoom = useZoom(ref, viewport, scale);

  const window: Window = {
    widthPx: viewport.width * zoom.factor,
    leftPx: viewport.left,
    viewPx: viewport.width,
    firstLane: Math.floor(viewport.top / LANE_PX) - 2,
    lastLane: Math.ceil((viewport.top + Math.max(viewport.height, 1)) / LANE_PX),
  };
  const cursor = useTimelineCursor({ ref, bars: grown, scale, window, zoom });
  useZoomByWheel(ref, zoom.by);

  return (
    <section className="panel timeline" aria-label="Timeline">
      <div className="toolbar timeline-bar">
        <Legend bars={bars} />
        <span className="spacer" />
        {folds.length > 0 && (
          <label className="fold-switch">
            <input
              type="checkbox"
              checked={isFolding}
              onChange={({ target }) => {
                url.change({ fold: target.checked ? null : 'off' }, { replace: true });
              }}
            />
            Fold idle time
          </label>
        )}
        <span className="muted zoom-factor">{zoom.factor}×</span>
        <button
          type="button"
          className="icon-only"
          aria-label="Zoom out"
          title="Zoom out (−)"
          onClick={() => {
            zoom.by(-1);
          }}
        >
          <ZoomOut aria-hidden="true" />
        </button>
        <button
          type="button"
          className="icon-only"
          aria-label="Zoom in"
          title="Zoom in (+)"
          onClick={() => {
            zoom.by(1);
          }}
        >
          <ZoomIn aria-hidden="true" />
        </button>
        <button
          type="button"
          className="icon-only"
          aria-label="Show the whole run"
          title="Show the whole run (0)"
          onClick={zoom.reset}
        >
          <Maximize aria-hidden="true" />
        </button>
      </div>
      <div
        ref={ref}
        className="timeline-scroll"
        role="listbox"
        aria-label={`${bars.length} steps in ${formatDuration(durationMs)}. Arrow keys go from step to step, Enter opens one, plus and minus zoom`}
        aria-activedescendant={cursor.optionId}
        tabIndex={0}
        onKeyDown={cursor.onKeyDown}
        onPointerMove={cursor.onPointerMove}
        onPointerLeave={cursor.onPointerLeave}
        onClick={cursor.onClick}
      >
        <div style={{ width: window.widthPx }}>
          <div className="timeline-window" style={{ width: window.viewPx }}>
            <Axis scale={scale} window={window} now={isFinished ? null : totalMs} />
            <Lanes
              drawing={drawBars(grown, scale, window)}
              scale={scale}
              window={window}
              laneCount={laneCount}
              now={isFinished ? null : totalMs}
              cursor={cursor}
            />
          </div>
        </div>
      </div>
    </section>
  );
}

/** React listens to the wheel passively, and could not keep the page from zooming as well. */
function useZoomByWheel(ref: React.RefObject<HTMLElement | null>, zoomBy: (steps: 1 | -1, aroundPx?: number) => void) {
  const latest = useRef(zoomBy);
  useEffect(() => {
    latest.current = zoomBy;
  }, [zoomBy]);
  useEffect(() => {
    const element = ref.current;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left = 0 } = element?.getBoundingClientRect() ?? {};
      latest.current(event.deltaY < 0 ? 1 : -1, event.clientX - left);
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [ref]);
}
