/** Visible part of a scrolled element. */
import { useLayoutEffect, useState, type RefObject } from 'react';

export interface Viewport {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const NOTHING: Viewport = { left: 0, top: 0, width: 0, height: 0 };

/** Excludes the fixed column of width `insetPx` on the left. */
export function useViewport(ref: RefObject<HTMLElement | null>, insetPx: number): Viewport {
  const [viewport, setViewport] = useState(NOTHING);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => {
      setViewport({
        left: element.scrollLeft,
        top: element.scrollTop,
        width: Math.max(0, element.clientWidth - insetPx),
        height: element.clientHeight,
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [ref, insetPx]);
  return viewport;
}
