/* stamps.ts: many small equal pictures on one canvas, as pixels copied into one buffer.
 *
 *   stamps.rest(context)         what does not move is read back once: the ground
 *   stamps.keep(stamp, x, y)     and what lies on it and covers all that moves: cases
 *   stamps.begin()               a frame: a copy of what rests
 *   stamps.put(stamp, x, y)      what moves: workers, under what is kept
 *   stamps.end(context)          onto the canvas
 *
 * A stamp is drawn once by canvas calls and kept as places and colours of its visible pixels; those of its soft edge are mixed with the colour of the
 * ground once and for all. The buffer is wider than the canvas by MARGIN on every side, so a stamp across the edge needs no clipping.
 *
 * Cost   rest reads the canvas back; a frame copies the buffer twice; put costs the visible pixels of a stamp, about 100 for a worker */
export const MARGIN = 32;

export const ratio_now = (): number => Math.min(2, devicePixelRatio || 1);

export interface Stamp {
  readonly size: number; /* pixels of the canvas */
  readonly rows: Int32Array; /* of each visible pixel, from the stamp's corner */
  readonly columns: Int32Array;
  readonly colours: Uint32Array;
  places: Int32Array; /* the same in the buffer of now */
  stride: number;
}

const SEEN = 64; /* of 255: a pixel that covers less is left out */

/* Of what is in memory: alpha is the highest byte on every machine that runs a browser. */
const alpha_of = (colour: number): number => colour >>> 24;

/* Colour over an opaque one. */
function mix(colour: number, below: number): number {
  const share = alpha_of(colour);
  const part = (shift: number): number =>
    Math.round((((colour >>> shift) & 255) * share + ((below >>> shift) & 255) * (255 - share)) / 255) << shift;
  return ((255 << 24) | part(16) | part(8) | part(0)) >>> 0;
}

export class Stamps {
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private resting = new Uint32Array(0);
  private covered = new Uint8Array(0);
  private stride = 0;

  make(size: number, below: string, draw: (context: CanvasRenderingContext2D) => void): Stamp {
    const ratio = ratio_now();
    const canvas = document.createElement('canvas');
    const side = Math.ceil(size * ratio);
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    const read = (): Uint32Array => new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
    context.fillStyle = below;
    context.fillRect(0, 0, side, side);
    const ground = read()[0]!;
    context.clearRect(0, 0, side, side);
    context.scale(ratio, ratio);
    draw(context);
    const drawn = read();
    const seen = Array.from(drawn.keys()).filter((i) => alpha_of(drawn[i]!) >= SEEN);
    return {
      size: side, rows: Int32Array.from(seen, (i) => Math.floor(i / side)), columns: Int32Array.from(seen, (i) => i % side),
      colours: Uint32Array.from(seen, (i) => mix(drawn[i]!, ground)), places: new Int32Array(seen.length), stride: 0,
    };
  }

  /** What rests is on a canvas that is wider than the shown one by MARGIN on every side. */
  rest(context: CanvasRenderingContext2D): void {
    const { width, height } = context.canvas;
    const read = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    if (!this.image || this.image.width !== width || this.image.height !== height) {
      this.stride = width;
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.covered = new Uint8Array(read.length);
    } else {
      this.covered.fill(0);
    }
    this.resting = read;
  }

  /** A stamp with its middle at a pixel of the shown canvas; outside it is nothing. Covers everything put later. */
  keep(stamp: Stamp, x: number, y: number): void {
    const corner = this.corner_of(stamp, x, y);
    if (corner < 0) {
      return;
    }
    const { resting, covered } = this;
    const { places, colours } = stamp;
    for (let i = 0; i < places.length; i++) {
      const at = corner + places[i]!;
      resting[at] = colours[i]!;
      covered[at] = 1;
    }
  }

  begin(): void {
    this.pixels.set(this.resting);
  }

  put(stamp: Stamp, x: number, y: number): void {
    const corner = this.corner_of(stamp, x, y);
    if (corner < 0) {
      return;
    }
    const { pixels, covered } = this;
    const { places, colours } = stamp;
    for (let i = 0; i < places.length; i++) {
      const at = corner + places[i]!;
      if (covered[at] === 0) {
        pixels[at] = colours[i]!;
      }
    }
  }

  end(context: CanvasRenderingContext2D): void {
    context.putImageData(this.image!, -MARGIN, -MARGIN);
  }

  /* Where the stamp begins in the buffer; -1: out of view. */
  private corner_of(stamp: Stamp, x: number, y: number): number {
    const left = Math.round(x - stamp.size / 2) + MARGIN;
    const top = Math.round(y - stamp.size / 2) + MARGIN;
    if (left < 0 || top < 0 || left + stamp.size > this.stride || (top + stamp.size) * this.stride > this.pixels.length) {
      return -1;
    }
    if (stamp.stride !== this.stride) {
      stamp.stride = this.stride;
      stamp.places = stamp.rows.map((row, i) => row * this.stride + stamp.columns[i]!);
    }
    return top * this.stride + left;
  }
}
