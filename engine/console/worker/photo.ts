/* photo.ts: a photo made small on the phone before it leaves it.
 *
 * Drawn anew at 1600 pixels at most and written as JPEG: a tenth of the bytes, and nothing of what a camera writes beside the picture
 * (place, device, time). Named by its BLAKE2b-128 digest, as the engine names files. */
import { blake2b } from '@noble/hashes/blake2';

const SIDE_MAX = 1600;
const QUALITY = 0.8;
const BYTES_MAX = 2 * 1024 * 1024;

async function draw(file: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_MAX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

const as_jpeg = (canvas: HTMLCanvasElement, quality: number): Promise<Blob> =>
  new Promise((resolve, reject) => canvas.toBlob(
    (blob) => (blob === null ? reject(new Error('canvas')) : resolve(blob)), 'image/jpeg', quality));

export async function shrink(file: Blob): Promise<{ readonly bytes: Blob; readonly digest: string }> {
  const canvas = await draw(file);
  let bytes = await as_jpeg(canvas, QUALITY);
  for (let quality = QUALITY - 0.2; bytes.size > BYTES_MAX && quality > 0; quality -= 0.2) {
    bytes = await as_jpeg(canvas, quality);
  }
  const hash = blake2b(new Uint8Array(await bytes.arrayBuffer()), { dkLen: 16 });
  return { bytes, digest: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}
