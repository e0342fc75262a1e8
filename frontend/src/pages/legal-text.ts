/** A part of a text that whoever runs the service has written. */
export type Block =
  { kind: 'title' | 'heading' | 'paragraph'; text: string } | { kind: 'list'; items: string[] };

/** Reads the little of Markdown that such texts need: `# title`, `## heading`, `- item`, and paragraphs between blank lines. */
export function blocksOf(text: string): Block[] {
  const parts = text.replaceAll('\r\n', '\n').split(/\n\s*\n|\n(?=#)|(?<=^#[^\n]*)\n/m);
  return parts.map((part) => part.trim()).flatMap((part) => (part === '' ? [] : [blockOf(part)]));
}

function blockOf(part: string): Block {
  const [, marks, heading] = /^(#+)\s+(.*)$/s.exec(part) ?? [];
  if (marks !== undefined) return { kind: marks === '#' ? 'title' : 'heading', text: oneLine(heading ?? '') };
  if (!/^[-*]\s/.test(part)) return { kind: 'paragraph', text: oneLine(part) };
  return {
    kind: 'list',
    items: part
      .split(/^[-*]\s+/m)
      .map(oneLine)
      .filter(Boolean),
  };
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');
