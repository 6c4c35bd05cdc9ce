/** Zoom of a graph, stored in the URL. */
import type { Zoom } from '../controls/zoom-buttons.tsx';
import { useUrl } from '../url/url.ts';

const STEP = 1.25;
const LIMITS = { min: 0.1, max: 2.5 };
/** Names are unreadable below this scale. The default zoom scrolls a large graph instead of shrinking it further. */
const SMALLEST_READABLE = 0.8;
/** Height of a graph's panel in pixels. */
const HEIGHT = 360;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface GraphZoom extends Zoom {
  readonly scale: number;
}

export function useGraphZoom(graph: Size, panelWidth: number | null): GraphZoom {
  const url = useUrl();
  const chosen = url.params.scale;
  const fitting = Math.min(1, (panelWidth ?? graph.width) / graph.width, HEIGHT / graph.height);
  const scale = within(chosen === 'fit' ? fitting : (chosen ?? Math.max(SMALLEST_READABLE, fitting)));
  return {
    scale,
    text: `${Math.round(scale * 100)}%`,
    by(steps) {
      url.change({ scale: Number(within(scale * STEP ** steps).toFixed(2)) });
    },
    reset() {
      url.change({ scale: 'fit' });
    },
  };
}

const within = (scale: number): number => Math.min(LIMITS.max, Math.max(LIMITS.min, scale));
