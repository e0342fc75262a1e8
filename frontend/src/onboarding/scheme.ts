/** People type `example.com` and mean `https://example.com`. */
export function withScheme(text: string): string {
  const address = text.trim();
  const isBare = /^[^\s:/?#@]+\.[^\s:/?#@.]+([/?#:]\S*)?$/.test(address);
  return isBare ? `https://${address}` : text;
}
