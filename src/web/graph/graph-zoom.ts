/** Zoom of a graph, stored in the URL. */
import type { Zoom } from '../controls/zoom-buttons.tsx';
import { useUrlQuery } from '../url/query.ts';

const STEP = 1.25;
const LIMITS = { min: 0.1, max: 2.5 };
/** Names are unreadable below this scale. The default zoom scrolls a large graph instead of shrinking it further. */
const SMALLEST_READABLE = 0.8;
/** Height of a graph's panel in pixels. */
const HEIGHT = 360;
const FIT = 'fit';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface GraphZoom extends Zoom {
  readonly scale: number;
}

export function useGraphZoom(graph: Size, panelWidth: number | null): GraphZoom {
  const url = useUrlQuery();
  const chosen = url.read('scale');
  const fitting = Math.min(1, (panelWidth ?? graph.width) / graph.width, HEIGHT / graph.height);
  const scale = within(chosen === FIT ? fitting : Number(chosen) || Math.max(SMALLEST_READABLE, fitting));
  return {
    scale,
    text: `${Math.round(scale * 100)} %`,
    by(steps) {
      url.change({ scale: within(scale * STEP ** steps).toFixed(2) }, { replace: true });
    },
    reset() {
      url.change({ scale: FIT }, { replace: true });
    },
  };
}

const within = (scale: number): number => Math.min(LIMITS.max, Math.max(LIMITS.min, scale));
