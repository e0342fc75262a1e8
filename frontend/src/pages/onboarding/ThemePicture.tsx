const LIGHT = { ground: '#f6f8f6', card: '#ffffff', line: '#d3dbd6', ink: '#14201b' };
const DARK = { ground: '#0e1512', card: '#1c2823', line: '#3a4a43', ink: '#dfe8e3' };

/** A tiny page in the colours of a theme; half and half for the device's own. */
export function ThemePicture({ theme }: { theme: string }) {
  const halves = theme === 'system' ? [LIGHT, DARK] : [theme === 'dark' ? DARK : LIGHT];
  const width = 96 / halves.length;
  return (
    <svg viewBox="0 0 96 56" width="96" height="56" aria-hidden="true">
      {halves.map((colors, i) => (
        <svg
          key={colors.ground}
          x={i * width}
          width={width}
          height="56"
          viewBox={`${i * width} 0 ${width} 56`}
        >
          <rect width="96" height="56" fill={colors.ground} />
          <rect x="14" y="10" width="68" height="60" rx="5" fill={colors.card} stroke={colors.line} />
          <rect x="22" y="19" width="34" height="5" rx="2.500" fill={colors.ink} />
          <rect x="22" y="30" width="52" height="4" rx="2" fill={colors.line} />
          <rect x="22" y="40" width="22" height="8" rx="4" fill="#2c9c7d" />
        </svg>
      ))}
    </svg>
  );
}
