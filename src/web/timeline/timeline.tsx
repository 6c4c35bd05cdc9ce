/** Timeline of a run's steps: by node or packed, with attempts, critical path, idle stretches and a line for now. */
import { useMemo, useRef } from 'react';
import { useMedia } from '../hooks/media.ts';
import { useWheelZoom } from '../controls/zoom-buttons.tsx';
import { formatDuration } from '../format/duration.ts';
import { lazyPart } from '../shell/lazy-part.tsx';
import { Empty } from '../shell/notices.tsx';
import { useUrl } from '../url/url.ts';
import {
  NEXT_TO_NAMES,
  drawBars,
  LANE_PX,
  WITH_NAMES,
  type TimelineStep,
  type UsualDurations,
  type Window,
} from './bars/bars.ts';
import { Lanes } from './bars/lanes.tsx';
import { layOut, lengthened } from './bars/layout.ts';
import { Legend } from './bars/legend.tsx';
import { RowNames, type RowNamesProps } from './bars/row-names.tsx';
import { Axis } from './time/axis.tsx';
import { clockStart } from './time/ticks.ts';
import { createScale, foldable } from './time/scale.ts';
import { useTicking } from '../time/now.ts';
import { useViewport } from './time/viewport.ts';
import { useZoom } from './time/zoom.ts';
import { useTimelineCursor } from './timeline-cursor.ts';
import { Toolbar } from './toolbar.tsx';

export interface TimelineProps {
  /** In order of start. */
  readonly steps: readonly TimelineStep[];
  readonly latest: RowNamesProps['latest'];
  /** Usual durations by node id. */
  readonly usual: UsualDurations;
  readonly startedAt: string;
  readonly durationMs: number;
  /** Offset from the left edge; `null` once the run is over. */
  readonly nowMs: number | null;
  /** Whether the run is in progress and the page can follow it: the line for now then moves. */
  readonly isMoving: boolean;
}

const Minimap = lazyPart(
  () => import('./minimap.tsx'),
  'the minimap',
  () => null,
);

const AXIS_PX = 24;
/** A run with more bars has a minimap. */
const MANY_BARS = 150;

export function Timeline({ steps, latest, usual, startedAt, durationMs, nowMs, isMoving }: TimelineProps) {
  const url = useUrl();
  const ref = useRef<HTMLDivElement>(null);
  const { rows: arrangement, clock } = url.params;
  const isNarrow = useMedia('(max-width: 700px)');
  const namesPx = arrangement === 'packed' ? 0 : isNarrow ? 104 : 208;
  const viewport = useViewport(ref, namesPx);

  // A layout is worth it when the line for now has moved by a pixel.
  const pixelMs = durationMs / Math.max(1, viewport.width * url.params.zoom);
  const now = useTicking(nowMs, isMoving, Math.min(1000, pixelMs));
  const totalMs = Math.max(durationMs, now ?? 0);
  const wanted = (url.params.find ?? '').trim().toLowerCase();
  const grown = useMemo(
    () =>
      // An unfinished step ends at the line for now.
      steps.map((step) =>
        step.isGrowing && now !== null && now > step.offsetMs ? lengthened(step, now - step.offsetMs) : step,
      ),
    [steps, now],
  );
  const { bars, rows, laneCount } = useMemo(() => {
    const found = wanted === '' ? grown : grown.filter(({ nodeId }) => nodeId.toLowerCase().includes(wanted));
    return layOut(found, arrangement);
  }, [grown, wanted, arrangement]);
  const isFolding = url.params.fold !== 'off';
  const folds = useMemo(() => foldable(grown, totalMs), [grown, totalMs]);
  const scale = useMemo(() => createScale(totalMs, isFolding ? folds : []), [totalMs, isFolding, folds]);
  const zoom = useZoom(ref, viewport, scale);

  const heightPx = laneCount * LANE_PX + 6;
  const seenPx = Math.max(viewport.height - AXIS_PX, 1);
  const window: Window = {
    widthPx: viewport.width * zoom.factor,
    leftPx: viewport.left,
    viewPx: viewport.width,
    firstLane: Math.floor(viewport.top / LANE_PX) - 1,
    lastLane: Math.ceil((viewport.top + seenPx) / LANE_PX),
  };
  const cursor = useTimelineCursor({ ref, bars, scale, window, zoom });
  useWheelZoom(ref, zoom, namesPx);
  const hasMap = bars.length > MANY_BARS || zoom.factor > 1 || heightPx > seenPx + LANE_PX;

  return (
    <section className="panel timeline" aria-label="Timeline">
      <Toolbar
        arrangement={arrangement}
        shownCount={bars.length}
        totalCount={steps.length}
        failureCount={bars.filter(({ status }) => status === 'FAILED').length}
        canFold={folds.length > 0}
        zoom={zoom}
        onNextFailure={cursor.openNextFailure}
      />
      {hasMap && viewport.width > 0 && (
        <div className="timeline-map" style={{ paddingLeft: namesPx }}>
          <Minimap
            bars={bars}
            laneCount={laneCount}
            scale={scale}
            window={window}
            seen={{ from: Math.min(1, viewport.top / heightPx), part: Math.min(1, seenPx / heightPx) }}
            onPan={(x, y) => {
              ref.current?.scrollTo({
                left: x * window.widthPx - window.viewPx / 2,
                top: y * heightPx - seenPx / 2,
              });
            }}
          />
        </div>
      )}
      <div
        ref={ref}
        className="timeline-scroll focus-inside"
        data-row
        role="listbox"
        aria-label={`${bars.length} steps in ${formatDuration(durationMs)}. Arrow keys go from step to step, Enter opens one, plus and minus zoom`}
        aria-activedescendant={cursor.bar && cursor.optionId}
        tabIndex={0}
        onKeyDown={cursor.onKeyDown}
        onBlur={cursor.onBlur}
        onPointerMove={cursor.onPointerMove}
        onPointerLeave={cursor.onPointerLeave}
        onClick={cursor.onClick}
      >
        <div style={{ width: namesPx + window.widthPx }}>
          <div className="timeline-window" style={{ width: namesPx + window.viewPx }}>
            <div className="timeline-head" style={{ paddingLeft: namesPx }}>
              <Axis scale={scale} window={window} now={now} clockMs={clockStart(clock, startedAt)} />
            </div>
            <div className="timeline-rows">
              {namesPx > 0 && (
                <RowNames rows={rows} latest={latest} window={window} widthPx={namesPx} heightPx={heightPx} />
              )}
              <Lanes
                drawing={drawBars(bars, scale, window, arrangement === 'nodes' ? NEXT_TO_NAMES : WITH_NAMES, usual)}
                scale={scale}
                window={window}
                rows={rows}
                heightPx={heightPx}
                now={now}
                cursor={cursor}
              />
            </div>
          </div>
        </div>
      </div>
      {bars.length === 0 && <Empty title="No steps of this node" />}
      <Legend bars={bars} hasUsual={usual.size > 0} />
    </section>
  );
}
