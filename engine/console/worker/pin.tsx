/* pin.tsx: a map to set a place by hand: the cells of the city under a fixed mark. */
import 'leaflet/dist/leaflet.css';
import * as L from 'leaflet';
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../lib/api';
import { t } from '../lib/i18n';
import { TEXT } from './texts';
import type { Fix } from './types';

interface City {
  readonly cells: GeoJSON.FeatureCollection;
}

export default function Pin({ from, take, cancel }: {
  readonly from: Fix | null; readonly take: (fix: Fix) => void; readonly cancel: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map | null>(null);
  useEffect(() => {
    if (place.current === null) {
      return undefined;
    }
    const made = L.map(place.current, { zoomControl: true, attributionControl: false });
    map.current = made;
    made.setView(from ? [from.lat_e7 / 1e7, from.lon_e7 / 1e7] : [39.9, 116.4], 16);
    void get<City>('city').then((city) => {
      const cells = L.geoJSON(city.cells, { style: { color: '#12463a', weight: 1.5, fillOpacity: 0.08 }, interactive: false });
      cells.addTo(made);
      if (from === null) {
        made.fitBounds(cells.getBounds());
      }
    }).catch(() => undefined);
    return () => {
      made.remove();
    };
  }, []);
  const here = (): void => {
    const centre = map.current?.getCenter();
    if (centre) {
      take({ lon_e7: Math.round(centre.lng * 1e7), lat_e7: Math.round(centre.lat * 1e7), accuracy_cm: 2000 });
    }
  };
  return (
    <div class="sheet full" role="dialog" aria-modal="true" aria-label={t(TEXT.pin)}>
      <p>{t(TEXT.pin_title)}</p>
      <div class="pin">
        <div ref={place} class="map" />
        <div class="mark" aria-hidden="true">＋</div>
      </div>
      <div class="row">
        <button class="plain" onClick={cancel}>{t(TEXT.cancel)}</button>
        <button class="main" onClick={here}>{t(TEXT.take)}</button>
      </div>
    </div>
  );
}
