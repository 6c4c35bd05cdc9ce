/** Zoom controls: buttons, and the wheel with Ctrl or ⌘, as on a map. */
import { useEffect, useEffectEvent, type RefObject } from 'react';
import { Maximize, ZoomIn, ZoomOut } from '../shell/icons.tsx';
import { createWheelSteps } from './wheel-steps.ts';

export interface Zoom {
  /** The current zoom as a string. */
  readonly text: string;
  /** 1 zooms in by a step, -1 zooms out. `aroundPx` is the fixed point, measured from the left edge of the visible part. */
  readonly by: (steps: 1 | -1, aroundPx?: number) => void;
  readonly reset: () => void;
}

export interface ZoomButtonsProps {
  readonly zoom: Zoom;
  readonly label: string;
  readonly resetLabel: string;
}

export function ZoomButtons({ zoom, label, resetLabel }: ZoomButtonsProps) {
  const buttons = [
    {
      name: 'Zoom out',
      keys: '−',
      Icon: ZoomOut,
      run: () => zoom.by(-1),
    },
    {
      name: 'Zoom in',
      keys: '+',
      Icon: ZoomIn,
      run: () => zoom.by(1),
    },
    { name: resetLabel, keys: '0', Icon: Maximize, run: zoom.reset },
  ];
  return (
    <div className="zoom inline small" role="group" aria-label={label}>
      <span className="muted">{zoom.text}</span>
      {buttons.map(({ name, keys, Icon, run }) => (
        <button
          key={name}
          type="button"
          className="quiet icon-only"
          aria-label={name}
          title={`${name} (${keys})`}
          onClick={run}
        >
          <Icon />
        </button>
      ))}
    </div>
  );
}

/** React registers passive wheel listeners, which can't stop the browser's zoom. */
export function useWheelZoom(ref: RefObject<HTMLElement | null>, zoom: Zoom, insetPx = 0): void {
  const zoomBy = useEffectEvent((steps: 1 | -1, x: number) => {
    const { left = 0 } = ref.current?.getBoundingClientRect() ?? {};
    zoom.by(steps, x - left - insetPx);
  });
  useEffect(() => {
    const element = ref.current;
    const stepsOf = createWheelSteps();
    function onWheel(event: WheelEvent): void {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const steps = stepsOf(event);
      if (steps !== 0) zoomBy(steps, event.clientX);
    }
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [ref]);
}
