/* stamps.ts: many small equal pictures on one canvas, as pixels copied into one buffer.
 *
 * A stamp is drawn once by canvas calls and kept as places and colours of its visible pixels. The buffer is wider than the canvas by MARGIN on
 * every side, so a stamp across the edge needs no clipping. Where stamps overlap, the later one covers; their soft edges are not mixed.
 *
 * Cost   begin and end copy the canvas once; put costs the visible pixels of a stamp, about 100 for a worker */
const MARGIN = 32;

const ratio_now = (): number => Math.min(2, devicePixelRatio || 1);

export interface Stamp {
  readonly size: number; /* pixels of the canvas */
  readonly rows: Int32Array; /* of each visible pixel, from the stamp's corner */
  readonly columns: Int32Array;
  readonly colours: Uint32Array;
  places: Int32Array; /* the same in the buffer of now */
  stride: number;
}

export class Stamps {
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private stride = 0;
  private width = 0;
  private height = 0;

  make(size: number, draw: (context: CanvasRenderingContext2D) => void): Stamp {
    const ratio = ratio_now();
    const canvas = document.createElement('canvas');
    const side = Math.ceil(size * ratio);
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    draw(context);
    const drawn = new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
    const seen = Array.from(drawn.keys()).filter((i) => drawn[i] !== 0);
    return {
      size: side, rows: Int32Array.from(seen, (i) => Math.floor(i / side)), columns: Int32Array.from(seen, (i) => i % side),
      colours: Uint32Array.from(seen, (i) => drawn[i]!), places: new Int32Array(seen.length), stride: 0,
    };
  }

  /** An empty buffer for a canvas; how many of its pixels are one of the page's. */
  begin(canvas: HTMLCanvasElement): number {
    if (!this.image || this.width !== canvas.width || this.height !== canvas.height) {
      this.width = canvas.width;
      this.height = canvas.height;
      this.stride = this.width + 2 * MARGIN;
      this.image = new ImageData(this.stride, this.height + 2 * MARGIN);
      this.pixels = new Uint32Array(this.image.data.buffer);
    } else {
      this.pixels.fill(0);
    }
    return ratio_now();
  }

  /** A stamp with its middle at a pixel of the canvas; outside it is nothing. */
  put(stamp: Stamp, x: number, y: number): void {
    const left = Math.round(x - stamp.size / 2) + MARGIN;
    const top = Math.round(y - stamp.size / 2) + MARGIN;
    if (left < 0 || top < 0 || left + stamp.size > this.stride || top + stamp.size > this.height + 2 * MARGIN) {
      return;
    }
    if (stamp.stride !== this.stride) {
      stamp.stride = this.stride;
      stamp.places = stamp.rows.map((row, i) => row * this.stride + stamp.columns[i]!);
    }
    const corner = top * this.stride + left;
    const { places, colours } = stamp;
    const { pixels } = this;
    for (let i = 0; i < places.length; i++) {
      pixels[corner + places[i]!] = colours[i]!;
    }
  }

  end(context: CanvasRenderingContext2D): void {
    context.putImageData(this.image!, -MARGIN, -MARGIN);
  }
}
