/* qr.tsx: an address as a QR code, drawn on a canvas. */
import make from 'qrcode-generator';
import { useEffect, useRef } from 'preact/hooks';

const QUIET = 4; /* modules of white around it, as the standard asks */
const PIXELS = 6;

export function QrCode({ text }: { readonly text: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const code = make(0, 'M');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    const context = canvas.current!.getContext('2d')!;
    canvas.current!.width = canvas.current!.height = (count + 2 * QUIET) * PIXELS;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.current!.width, canvas.current!.height);
    context.fillStyle = '#000';
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        if (code.isDark(row, column)) {
          context.fillRect((column + QUIET) * PIXELS, (row + QUIET) * PIXELS, PIXELS, PIXELS);
        }
      }
    }
  }, [text]);
  return <canvas ref={canvas} class="qr" role="img" aria-label={text} />;
}
