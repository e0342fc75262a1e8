interface SaidTextProps {
  text: string;
  /** The language of the text, where it is not the page's. */
  lang?: string | undefined;
}

/** A text that comes with its language: a screen reader reads it in that. */
export function SaidText({ text, lang }: SaidTextProps) {
  return lang === undefined ? <>{text}</> : <span lang={lang}>{text}</span>;
}
