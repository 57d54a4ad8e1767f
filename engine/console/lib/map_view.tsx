/* map_view.tsx: the map as a part of a page; feeds the stream to the layer and tells what was clicked. */
import { effect, type Signal } from '@preact/signals';
import * as L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import { useEffect, useRef } from 'preact/hooks';
import { now } from './clock';
import { get } from './api';
import { both, lang, t } from './i18n';
import { cases, cases_version, on_change, workers } from './live';
import { CityLayer, SINGLES_ZOOM, type Hit } from './map_layer';
import type { City, Text } from './shapes';
import { theme } from './theme';
import './map.css';

export interface MapHandle {
  readonly map: L.Map;
  readonly layer: CityLayer;
  /** Moves only when the place is not well in view, or markers are not single yet. */
  bring_in(lon_e7: number, lat_e7: number): void;
  show_place(lon_e7: number, lat_e7: number, zoom?: number): void;
  show_all(): void;
}

interface Props {
  readonly city: Signal<City | null>;
  readonly handle?: (handle: MapHandle) => void;
  readonly on_hit?: (hit: Hit) => void;
  readonly on_place?: (lon_e7: number, lat_e7: number) => void;
  readonly is_quiet?: boolean;
}

const ROADS_LATER_MS = 700; /* the first view does not wait for them */

/* The streets: tiles of whoever the city names in map.json, else its own roads as lines. */
function show_streets(city: City, map: L.Map, layer: CityLayer): () => void {
  if (city.map) {
    L.tileLayer(city.map.tiles, { attribution: city.map.attribution, maxNativeZoom: city.map.max_zoom, maxZoom: 20 }).addTo(map);
    layer.set_tiles(true);
    return () => undefined;
  }
  const timer = window.setTimeout(() => {
    get<{ segments: readonly number[] }>('roads').then((said) => layer.set_roads(said.segments), () => undefined);
  }, ROADS_LATER_MS);
  return () => window.clearTimeout(timer);
}

const say = (name: unknown): string => both(name as Text);

function bind(layer: CityLayer, map: L.Map, props: Props, tip: HTMLElement): void {
  map.on('mousemove', (event) => {
    const hit = layer.hit(event.containerPoint);
    tip.hidden = hit === null;
    map.getContainer().classList.toggle('over-something', hit !== null);
    if (hit) {
      tip.textContent =
        hit.kind === 'case'
          ? `${both(hit.row.title)} · ${both(hit.row.place)}`
          : `${both(hit.row.name) || hit.row.id} · ${hit.row.load ?? 0}/${hit.row.capacity ?? '–'}`;
      tip.style.transform = `translate(${event.containerPoint.x + 14}px, ${event.containerPoint.y + 14}px)`;
    }
  });
  map.on('mouseout', () => {
    tip.hidden = true;
  });
  map.on('click', (event) => {
    const hit = layer.hit(event.containerPoint);
    if (props.on_place) {
      props.on_place(Math.round(event.latlng.lng * 1e7), Math.round(event.latlng.lat * 1e7));
    }
    if (hit) {
      props.on_hit?.(hit);
    } else if (layer.is_aggregated() && layer.cell_hit(event.containerPoint)) {
      map.setView(event.latlng, Math.max(SINGLES_ZOOM, map.getZoom() + 1));
    }
  });
}

export function MapView(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const map = L.map(place.current!, {
      zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, zoomSnap: 0.25, zoomDelta: 0.5,
      zoomControl: false, keyboard: true, preferCanvas: true, center: [40, 116.3], zoom: 12, minZoom: 8, maxZoom: 20,
      inertia: false,
    });
    map.attributionControl.setPrefix(false);
    const layer = new CityLayer();
    layer.addTo(map);
    let is_placed = false;
    let no_streets = (): void => undefined;
    const show_all = (): void => {
      const bounds = layer.bounds();
      if (bounds) {
        map.fitBounds(bounds, { padding: [16, 16] });
      }
    };
    bind(layer, map, props, tip.current!);
    const stops = [
      effect(() => {
        void theme.value;
        layer.set_colours();
      }),
      effect(() => {
        const city = props.city.value;
        void lang.value;
        if (city) {
          layer.set_city(city, say);
          if (!is_placed) {
            is_placed = true;
            show_all();
            map.setMaxBounds(L.latLngBounds(layer.bounds() as L.LatLngTuple[]).pad(0.3));
            no_streets = show_streets(city, map, layer);
          }
        }
      }),
      effect(() => {
        void cases_version.value;
        layer.set_cases(cases.values());
      }),
      effect(() => {
        layer.set_now(now.value);
      }),
      on_change((changed) => {
        if (changed.workers.length > 0 || changed.is_whole) {
          layer.set_workers(changed.workers.map((row) => workers.get(row.id) ?? row), changed.is_whole);
        }
      }),
    ];
    layer.set_workers(workers.values(), true);
    const watch = new ResizeObserver(() => map.invalidateSize({ pan: false }));
    watch.observe(place.current!);
    props.handle?.({
      map, layer, show_all,
      bring_in: (lon_e7, lat_e7) => {
        const at = L.latLng(lat_e7 / 1e7, lon_e7 / 1e7);
        if (layer.is_aggregated() || !map.getBounds().pad(-0.1).contains(at)) {
          map.setView(at, Math.max(SINGLES_ZOOM + 0.5, map.getZoom()));
        }
      },
      show_place: (lon_e7, lat_e7, zoom) => map.setView([lat_e7 / 1e7, lon_e7 / 1e7], zoom ?? map.getZoom()),
    });
    return () => {
      no_streets();
      stops.forEach((stop) => stop());
      watch.disconnect();
      map.remove();
    };
  }, []);
  return (
    <div class="map-frame">
      <div ref={place} class="map" role="application" aria-label={t(['map of the district; arrow keys move, + and - zoom', '辖区地图；方向键移动，+ 与 - 缩放'])} />
      <div ref={tip} class="map-tip" hidden />
      {!props.is_quiet && (
        <ul class="map-legend" aria-label={t(['legend', '图例'])}>
          <li><i class="key-worker" />{t(['worker, free', '人员，空闲'])}</li>
          <li><i class="key-busy" />{t(['with orders', '有任务'])}</li>
          <li><i class="key-ok" />{t(['in time', '时限内'])}</li>
          <li><i class="key-warn" />{t(['over 80 %', '超 80 %'])}</li>
          <li><i class="key-over" />{t(['overdue', '超时'])}</li>
        </ul>
      )}
    </div>
  );
}
