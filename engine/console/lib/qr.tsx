/* qr.tsx: an address as a QR code: a path of dark modules that the engine made. */

const QUIET = 4; /* modules of white around it, as the standard asks */

export interface QrPath {
  readonly size: number; /* modules along a side */
  readonly path: string;
}

export function QrCode({ of, text }: { readonly of: QrPath; readonly text: string }) {
  const side = of.size + 2 * QUIET;
  return (
    <svg class="qr" role="img" aria-label={text} viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`} shape-rendering="crispEdges">
      <path fill="#fff" d={`M${-QUIET} ${-QUIET}h${side}v${side}h${-side}z`} />
      <path fill="#000" d={of.path} />
    </svg>
  );
}
