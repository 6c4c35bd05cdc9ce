/** How large a graph is drawn, kept in the address. */
import { useEffect, useRef } from 'react';
import { useUrlQuery } from '../url/query.ts';

const STEP = 1.25;
const LIMITS = { min: 0.1, max: 2.5 };
/** Smaller than that a name can't be read: without a choice, what does not fit then is scrolled. */
const SMALLEST_READABLE = 0.8;
/** In pixels: what a graph may take of the page. */
const HEIGHT = 360;
const FIT = 'fit';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface GraphZoom {
  readonly scale: number;
  /** Times a step: 1 is closer, -1 is farther. */
  readonly by: (steps: number) => void;
  readonly fit: () => void;
}

export function useGraphZoom(graph: Size, panelWidth: number | null): GraphZoom {
  const url = useUrlQuery();
  const chosen = url.read('scale');
  const fitting = Math.min(1, (panelWidth ?? graph.width) / graph.width, HEIGHT / graph.height);
  const scale = within(chosen === FIT ? fitting : Number(chosen) || Math.max(SMALLEST_READABLE, fitting));
  return {
    scale,
    by(steps) {
      url.change({ scale: within(scale * STEP ** steps).toFixed(2) }, { replace: true });
    },
    fit() {
      url.change({ scale: FIT }, { replace: true });
    },
  };
}

const within = (scale: number): number => Math.min(LIMITS.max, Math.max(LIMITS.min, scale));

/** With Ctrl or ⌘, as on a map. React listens passively, and then the whole page would zoom. */
export function useWheelZoom(zoom: GraphZoom) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(zoom);
  useEffect(() => {
    latest.current = zoom;
  });
  useEffect(() => {
    const frame = ref.current;
    function onWheel(event: WheelEvent): void {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current.by(event.deltaY < 0 ? 1 : -1);
    }
    frame?.addEventListener('wheel', onWheel, { passive: false });
    return () => frame?.removeEventListener('wheel', onWheel);
  }, []);
  return ref;
}
