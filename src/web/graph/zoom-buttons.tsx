/** Closer, farther, and all of it. */
import { Maximize, ZoomIn, ZoomOut } from 'lucide-react';
import type { GraphZoom } from './graph-zoom.ts';

export function ZoomButtons({ zoom }: { readonly zoom: GraphZoom }) {
  const buttons = [
    {
      label: 'Zoom out',
      icon: <ZoomOut aria-hidden="true" />,
      run: () => {
        zoom.by(-1);
      },
    },
    {
      label: 'Zoom in',
      icon: <ZoomIn aria-hidden="true" />,
      run: () => {
        zoom.by(1);
      },
    },
    { label: 'Fit', icon: <Maximize aria-hidden="true" />, run: zoom.fit },
  ];
  return (
    <div className="graph-zoom" role="group" aria-label="Zoom of the graph">
      {buttons.map(({ label, icon, run }) => (
        <button key={label} type="button" className="quiet icon-only" aria-label={label} title={label} onClick={run}>
          {icon}
        </button>
      ))}
      <span className="muted">{Math.round(zoom.scale * 100)} %</span>
    </div>
  );
}
