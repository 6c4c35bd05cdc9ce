/** Zoom factor and scroll position of the timeline, stored in the URL. */
import { useEffect, useEffectEvent, useLayoutEffect, type RefObject } from 'react';
import type { Zoom } from '../../controls/zoom-buttons.tsx';
import { useUrl } from '../../url/url.ts';
import type { Scale } from './scale.ts';
import type { Viewport } from './viewport.ts';

const LARGEST = 512;
/** Pause after the last scroll event: browsers limit how often a URL may change. */
const SETTLED_AFTER_MS = 250;

export interface TimelineZoom extends Zoom {
  /** 1 shows the whole run. Each step doubles the factor. */
  readonly factor: number;
}

export function useZoom(ref: RefObject<HTMLElement | null>, viewport: Viewport, scale: Scale): TimelineZoom {
  const url = useUrl();
  const factor = clamp(url.params.zoom);
  const { at } = url.params;
  const isMeasured = viewport.width > 0;

  // Not on changes of `at`: it follows the scroll position and must not move it.
  useLayoutEffect(() => {
    const element = ref.current;
    if (element && isMeasured) element.scrollLeft = scale.placeOf(at) * factor * viewport.width;
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [factor, isMeasured]);

  const { change } = url;
  const save = useEffectEvent(() => {
    const leftMs = Math.round(scale.msAt(viewport.left / Math.max(1, viewport.width * factor)));
    change({ at: Math.max(0, leftMs) });
  });
  // The scale of a running run changes many times a second and must not delay this timer.
  useEffect(() => {
    if (!isMeasured || factor === 1) return undefined;
    const timer = setTimeout(() => save(), SETTLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [viewport.left, factor, isMeasured]);

  return {
    factor,
    text: `${factor}×`,
    by(steps, aroundPx = viewport.width / 2) {
      const next = clamp(steps > 0 ? factor * 2 : factor / 2);
      if (next === factor) return;
      const place = (viewport.left + aroundPx) / (viewport.width * factor);
      const left = Math.max(0, place - aroundPx / (viewport.width * next));
      change({ zoom: next, at: next === 1 ? null : Math.round(scale.msAt(left)) });
    },
    reset() {
      change({ zoom: null });
    },
  };
}

const clamp = (factor: number): number => (factor >= 1 ? Math.min(LARGEST, factor) : 1);
